"""What the record says in numbers: of the incidents, post-mortems and action items that a reader may see."""
