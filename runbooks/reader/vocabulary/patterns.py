"""How the words that a part of a runbook is recognised by become a pattern."""

import re
import unicodedata

_SPELLINGS = {"ä": "(?:ä|ae?)", "ö": "(?:ö|oe?)", "ü": "(?:ü|ue?)", "ß": "(?:ß|ss)"}
_PAIR = re.compile(r"\[([À-ÿ])[a-zA-Z]\]")


def unaccented(pattern: str) -> str:
    """The pattern, matching also where the author left the accents out ("Atualizacao", "Naechster")."""
    pattern = _PAIR.sub(r"\1", pattern).replace("(?:ß|ss)", "ß")
    result, bracket = [], False
    for character in pattern:
        base = unicodedata.normalize("NFD", character)[0] if "À" <= character <= "ÿ" else character
        if character in "[]":
            bracket = character == "["
        if base == character:
            result.append(_SPELLINGS.get(character, character) if not bracket else character)
        elif bracket:
            result.append(character + base)
        else:
            result.append(_SPELLINGS.get(character, f"[{character}{base}]"))
    return "".join(result)


def words(*alternatives: str) -> re.Pattern[str]:
    """Any of these, at the start of a word; one argument may hold several, parted by " | " or line ends.

    Nothing is said of where the word ends: an alternative that must end there says so.
    """
    each = [word.strip() for text in alternatives for word in re.split(r"\s\|\s|\n", text)]
    return re.compile(r"(?<![A-Za-zÀ-ÿ])(?:" + unaccented("|".join(filter(None, each))) + r")", re.IGNORECASE)
