"""What reviewers are asked, what they answer, and what anybody says about a passage."""

from typing import Any

from django import forms

from accounts.models import User
from incidents.forms.base import KeyField, words_why
from incidents.forms.fields import WordsField
from postmortems.models import Postmortem
from postmortems.reviewing import who_can_review
from postmortems.states import Verdict

TOO_OLD = {
    "required": "This form is too old. Send it again.",
    "invalid": "This form is too old. Send it again.",
}


class NumberField(forms.IntegerField):
    """The version that a form was shown with."""

    def __init__(self) -> None:
        errors = TOO_OLD | dict.fromkeys(("min_value", "max_value"), TOO_OLD["invalid"])
        super().__init__(
            min_value=0, max_value=2_000_000_000, widget=forms.HiddenInput, error_messages=errors
        )


class RequestReviewForm(forms.Form):
    people = forms.ModelMultipleChoiceField(
        label="Who should read it",
        queryset=User.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Choose at least one person.",
            "invalid_choice": "Choose among the people shown.",
            "invalid_pk_value": "Choose among the people shown.",
        },
    )

    def __init__(self, *args: Any, postmortem: Postmortem, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["people"].queryset = who_can_review(postmortem)  # type: ignore[attr-defined]


class AnswerReviewForm(forms.Form):
    verdict = forms.ChoiceField(
        label="What do you make of it?",
        choices=[(Verdict.APPROVED, "Approve"), (Verdict.CHANGES, "Ask for changes")],
        widget=forms.RadioSelect,
        error_messages={
            "required": "Approve it, or ask for changes.",
            "invalid_choice": "Choose one of the two.",
        },
    )
    said = WordsField(
        label="In your words", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    number = NumberField()

    def clean(self) -> dict[str, Any]:
        words: dict[str, Any] = super().clean() or self.cleaned_data
        if words.get("verdict") == Verdict.CHANGES and not words.get("said") and "said" not in self.errors:
            self.add_error("said", "Say what should change.")
        return words


class CommentForm(forms.Form):
    """``start`` is the letter of the document at which the passage was selected, where it was."""

    key = KeyField()
    quote = WordsField(
        label="Passage",
        max_length=2000,
        required=False,
        help_text="Select it in the document, or paste it here. Empty: the whole document.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    start = forms.IntegerField(
        required=False, min_value=0, max_value=2_000_000_000, widget=forms.HiddenInput, error_messages=TOO_OLD
    )
    text = WordsField(
        label="Comment",
        max_length=5000,
        error_messages={"required": "Write something first."},
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def words(self) -> dict[str, Any]:
        return self.cleaned_data | {"start": self.cleaned_data["start"] or 0}


class ReplyForm(forms.Form):
    key = KeyField()
    text = WordsField(
        label="Reply",
        max_length=5000,
        error_messages={"required": "Write something first."},
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class PublishForm(forms.Form):
    """``seen`` are the keys of the warnings that were shown with it; ``reason`` is asked where there are any."""

    number = NumberField()
    seen = forms.CharField(
        required=False, max_length=20_000, widget=forms.HiddenInput, error_messages=TOO_OLD
    )
    reason = words_why(
        "Why publish it all the same?", required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def words(self) -> dict[str, Any]:
        return self.cleaned_data | {"seen": self.cleaned_data["seen"].split()}


class ReasonForm(forms.Form):
    reason = words_why(widget=forms.Textarea(attrs={"rows": 3}))
