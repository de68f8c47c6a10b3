"""Times as teams write them, in minutes: "< 1 hour", "15-30 min", "next business day", "30분마다"."""

import re
from dataclasses import dataclass
from functools import lru_cache

from runbooks.playbook import ResponseRule
from runbooks.reader.plain import folded
from runbooks.reader.vocabulary import unaccented

_UNITS: tuple[tuple[float, str], ...] = (
    (1 / 60, r"seconds?|secs?|s|sekunden?|secondes?|segundos?|secondi|초|秒"),
    (1, r"minutes?|mins?|m|minuten?|minutos?|minuti|minut|минут\w?|мин|분|分钟|分鐘|分間|分"),
    (
        60,
        r"hours?|hrs?|h|stunden?|std|heures?|horas?|hora\(s\)|ore|ora|uur|uren|часа|часов|час|"
        r"시간|時間|小时|小時",
    ),
    (1440, r"days?|d|tagen?|tage?s?|jours?|d[ií]as?|giorni|giorno|dagen|dag|дней|дня|день|일|日間|日|天"),
    (10080, r"weeks?|wks?|w|wochen?|semaines?|semanas?|settiman[ae]|weken|week|недел\w|주일?|週間|周|週"),
    (43200, r"months?|monaten?|monate?|mois|mes(?:es)?|m[eê]s|개월|か月|ヶ月|个月"),
)
_WORKING = r"(?:business|working|work|calendar|werk|arbeits|full|consecutive|营业|工作|営業|영업)"
_ANY_UNIT = "|".join(f"(?P<u{index}>{names})" for index, (_, names) in enumerate(_UNITS))
_DURATION = re.compile(
    r"(?<![\d.,:/#-])(?P<low>\d{1,4}(?:[.,]\d{1,2})?)"
    r"(?:\s?(?:-|–|—|~|〜|to|bis|à|a|до|から)\s?(?P<high>\d{1,4}(?:[.,]\d{1,2})?))?"
    rf"[\s-]?(?:个|個)?(?P<working>{_WORKING}[\s-]?)?(?:{_ANY_UNIT})(?![a-zà-ÿ])"
    r"(?P<after>\s(?:ouvr[ée]e?s?|h[áa]bil(?:es)?|laborables?|[úu]te?i[ls]|lavorativ[io]))?"
)
_WORDS: tuple[tuple[str, str], ...] = (
    (
        r"\bhalf (?:an )?hour(?:ly)?\b|\bhalf-hour(?:ly)?\b|halbe(?:n)? stunde|halbst[üu]ndlich|"
        r"demi[- ]heure|media hora|meia hora|mezz'?ora|30分ごと",
        "30 min",
    ),
    (r"\bquarter (?:of an )?hour\b|viertelstunde|quart d'heure", "15 min"),
    (
        r"\b(?:an|one|each|per|every|eine[rn]?|jede|une|una|uma|un'|cada|ogni|a cada|"
        r"toutes les) (?:hour|stunde|heures?|hora|ora)\b|\bhourly\b|st[üu]ndlich|毎時|1時間ごと|"
        r"매시간|매 시간|每小时",
        "1 hour",
    ),
    (
        r"\b(?:a|one|every|each|per) (?:business |working )?day\b|\bdaily\b|t[äa]glich|"
        r"quotidien\w*|diariamente|diario|di[áa]ri[oa]|giornalier\w*|毎日|매일|每天|每日",
        "1 day",
    ),
    (
        r"\b(?:a|one|every|each|per) week\b|\bweekly\b|w[öo]chentlich|hebdomadaire|"
        r"semanal(?:mente)?|settimanale|毎週|매주|每周",
        "1 week",
    ),
    (r"\b(?:a|one) minute\b", "1 min"),
    (r"\btwo\b|\bzwei\b|\bdeux\b|\bdos\b|\bduas\b|\bdois\b|\bdue\b", "2"),
    (r"\bthree\b|\bdrei\b|\btrois\b|\btres\b|\btr[êe]s\b|\btre\b", "3"),
    (r"\bfour\b|\bvier\b|\bquatre\b|\bcuatro\b|\bquatro\b", "4"),
    (r"\bfive\b|\bf[üu]nf\b|\bcinq\b|\bcinco\b", "5"),
    (r"\bten\b|\bzehn\b|\bdix\b|\bdiez\b|\bdez\b", "10"),
    (r"\bfifteen\b", "15"),
    (r"\bthirty\b", "30"),
)
_SPOKEN = tuple((re.compile(unaccented(pattern)), digits) for pattern, digits in _WORDS)
_NEXT_DAY = re.compile(
    unaccented(
        r"next[- ](?:business|working|work|week)[- ]?day|\bnbd\b|(?:within |in )?(?:one|"
        r"1) (?:business|working) day|following (?:business|working) day"
        r"|n[äa]chste[rnm]? (?:werk|arbeits|gesch[äa]fts)tag|jour ouvr[ée] suivant|"
        r"prochain jour ouvr|lendemain ouvr"
        r"|(?:siguiente|pr[óo]ximo|proximo) d[ií]a (?:h[áa]bil|laborable|laboral|[úu]til)|"
        r"(?:d[ií]a h[áa]bil|d[ií]a laborable) siguiente|dia [úu]til seguinte"
        r"|giorno lavorativo successivo|prossimo giorno lavorativo|volgende werkdag|翌営業日|"
        r"次営業日|다음 영업일|익영업일|下一个?工作日|次工作日|следующий рабочий день"
    )
)
_NOW = re.compile(
    unaccented(
        r"\bimmediate(?:ly)?\b|\basap\b|\binstant(?:ly)?\b|\bright away\b|\bat once\b|"
        r"as soon as possible|drop everything|\ball hands\b"
        r"|\bsofort(?:ig\w*)?\b|unverz[üu]glich|imm[ée]diat\w*|inmediat\w*|imediat\w*|"
        r"immediat[oaei]\b|onmiddellijk|немедленно|즉시|即時|即座|直ちに|ただちに|立即|马上"
    )
)
_EVERY = re.compile(
    unaccented(
        r"\bevery\b|\beach\b|\bper\b|\balle\b|\bjede\w*\b|\bim abstand\b|tou(?:te)?s les|"
        r"\bchaque\b|\bcada\b|\bogni\b|\belke\b|\biedere\b|кажд"
        r"|ごと|おき|毎|마다|매\s?\d|每|intervals?\b|\bhourly\b|halbst[üu]ndlich|st[üu]ndlich|"
        r"\bdaily\b|t[äa]glich|\bfrequency\b|\bcadence\b|half[- ]hourly|diariamente|quotidien"
    )
)


@dataclass(frozen=True, slots=True)
class Duration:
    """``low`` and ``high`` in minutes, the same unless a range was written; the place in the spoken text."""

    low: float
    high: float
    start: int
    end: int


@lru_cache(maxsize=4096)
def spoken(text: str) -> str:
    """Folded text, with "an hour" and "half an hour" written in digits."""
    text = folded(text[:1000])
    for pattern, digits in _SPOKEN:
        text = pattern.sub(f" {digits} ", text)
    return text


def durations(text: str) -> list[Duration]:
    """Every span of time in the text, "1 hour 30 minutes" taken as one."""
    found: list[Duration] = []
    words = spoken(text)
    for match in _DURATION.finditer(words):
        unit = next(size for index, (size, _) in enumerate(_UNITS) if match.group(f"u{index}"))
        low = _number(match["low"]) * unit
        high = _number(match["high"]) * unit if match["high"] else low
        last = found[-1] if found else None
        if last and unit <= 1 and last.low >= 60 and not words[last.end : match.start()].strip(" ,and+&"):
            found[-1] = Duration(last.low + low, last.high + high, last.start, match.end())
        elif high >= low:
            found.append(Duration(low, high, match.start(), match.end()))
    return found


def _number(digits: str) -> float:
    return float(digits.replace(",", "."))


def response(text: str) -> tuple[ResponseRule, int | None]:
    """How to reckon with a response time. A range counts by its longer end: that is what was promised."""
    if _NEXT_DAY.search(folded(text)):
        return "next_business_day", None
    spans = [span for span in durations(text) if span.high > 0]
    if spans:
        return "minutes", max(1, round(spans[0].high))
    if _NOW.search(folded(text)) or durations(text):
        return "immediate", 0
    return "", None


def interval(text: str) -> int | None:
    """Minutes between two updates; a range counts by its shorter end, so that news is never late."""
    spans = [span for span in durations(text) if span.low >= 1]
    return round(spans[0].low) if spans else None


def is_recurring(text: str) -> bool:
    """Whether the text says "every", "each", "hourly" and the like, near a time."""
    words = folded(text)
    return _EVERY.search(words) is not None and bool(durations(text))


def is_time(text: str) -> bool:
    """Whether the text is about little else than a time: a cell "Immediate", "< 15 min", "Next business day"."""
    rule, _ = response(text)
    return rule != "" and len(text) <= 60
