"""The words by which parts of a post-mortem are recognised, in the languages teams write them in."""

import re

from runbooks.reader.vocabulary import words

CAUSE = words(
    r"""
    root[- ]?causes? | causes?\b | trigger | why (?:did )?(?:it|this) happen | what caused | five whys | 5[- ]whys
    rca\b | analys[ie]s | ursachen? | grund\b | warum | analyse | causas? | cause racine | pourquoi | por qu[eé]
    origen | an[áa]lisis | an[áa]lise | analisi | oorza[ak]+ | 원인 | 분석 | 原因 | 分析 | причин | анализ
    """
)
FACTORS = words(
    r"""
    contributing | factors?\b | beitragend | mitwirkend | einflussfaktor | faktoren | facteurs? | factores | fatores
    fattori | factoren | 기여 | 요인 | 要因 | 寄与 | 因素 | фактор
    """
)
#: A cause that is told in a sentence, under whatever heading.
CAUSE_TOLD = words(
    r"""
    (?:root[- ])?causes? (?:was|were|is|are)\b | (?:was|were) caused by | die ursache (?:war|ist) | verursacht durch
    la cause (?:[ée]tait|est)\b | caus[ée]e? par | la causa (?:fue|es|era)\b | causado por | a causa (?:foi|[ée])\b
    la causa [èe]\b | de oorzaak (?:was|is)\b | 원인은 | 原因は | 原因是 | причина в
    """
)
#: What both of them have in common, and hardly any other line.
CAUSE_STEM = re.compile(
    r"caus|ursach|oorza|factor|faktor|facteur|fator|fattor|rca|analy|análisi|análise|analisi|trigger|why|warum|grund"
    r"|pourquoi|por qu|origen|contribut|beitragend|mitwirkend|원인|분석|기여|요인|原因|分析"
    r"|要因|寄与|因素|причин|анализ|фактор",
    re.IGNORECASE,
)
TIMELINE = words(
    r"""
    timeline | time line | chronolog | sequence of events | zeit(?:leiste|verlauf|strahl|achse|linie) | ablauf
    verlauf\b | d[ée]roul | cronolog | l[íi]nea de tiempo | linha do tempo | tijdlijn | tijdverloop | 타임라인 | 경과
    시간 ?순 | タイムライン | 経緯 | 時系列 | 时间线 | 时间轴 | 经过 | 時間軸 | хронолог
    """
)
#: Sections that hold what was promised, in tables or as boxes to tick.
ACTIONS = words(
    r"""
    actions?\b | corrective | preventi | follow[- ]?ups? | next steps | to-?dos? | remediation | ma(?:ß|ss)nahmen
    aufgaben | n[äa]chste schritte | suivi | suites | prochaines [ée]tapes | acciones | pr[óo]ximos pasos | a[çc][õo]es
    pr[óo]ximos passos | azioni | prossimi passi | acties | maatregelen | 액션 | 조치 | 후속 | 재발 ?방지 | 対策
    アクション | 再発防止 | 行动 | 改进 | 措施 | 后续 | действия | меры
    """
)
#: Those in which a plain list is one of promises too.
PROMISES = words(
    r"""
    action (?:items?|points?) | follow[- ]?ups? | next steps | to-?dos? | aufgaben | n[äa]chste schritte
    prochaines [ée]tapes | elementos de acci[óo]n | pr[óo]ximos pasos | itens de a[çc][ãa]o | pr[óo]ximos passos
    prossimi passi | actiepunten | 액션 ?아이템 | アクション ?アイテム | 行动项
    """
)
#: What was done while it lasted, which needs no owner any more.
DONE_THEN = words(
    r"""
    taken | immediate | during | response | containment | mitigation | ergriffen | sofort | prises | imm[ée]diate
    tomadas | inmediat | imediat | 대응 | 즉시 | 対応 | 应急
    """
)
ACTION_COLUMN = words(
    r"""
    actions?\b | items?\b | tasks?\b | what\b | description | to-?do | follow[- ]?up | ma(?:ß|ss)nahme | aufgabe
    t[âa]che | acci[óo]n | tarea | a[çc][ãa]o | tarefa | azione | actie | taak | 항목 | 조치 | 액션 | 内容 | 対策 | 項目
    アクション | 事项 | 行动 | 措施 | действие | задача
    """
)
OWNER_COLUMN = words(
    r"""
    owners?\b | owned by | assign | who\b | responsib | dri\b | lead\b | person | verantwortlich | zust[äa]ndig | wer\b
    responsab | propri[ée]taire | asignad | encargad | atribu | eigenaar | 담당 | 책임 | 소유 | 担当 | 責任 | 负责
    責任人 | ответственн | исполнител
    """
)
DUE_COLUMN = words(
    r"""
    due\b | dates?\b | deadline | by when | when\b | eta\b | target | f[äa]llig | termin | frist | bis\b
    [ée]ch[ée]ance | d[ée]lai | fecha | plazo | vencimiento | prazo | data\b | scadenza | datum | 기한 | 마감
    완료 ?예정 | 期限 | 期日 | 納期 | 截止 | 日期 | 完成时间 | срок | дата
    """
)
#: The state of an action item that is over.
SETTLED = words(
    r"""
    done\b | closed | complete | finished | fixed | shipped | merged | resolved | won.?t | dropped | cancell?ed
    erledigt | fertig | fait\b | termin[ée] | hecho | completad | feito | conclu[íi]d | fatto | gereed | 완료 | 完了
    済 | 完成 | готово
    """
)
DURATION = words(
    r"""
    duration | (?:total )?down-?time | lasted | outage (?:length|time) | time to resol | dauer | ausfallzeit | dur[ée]e
    duraci[óo]n | dura[çc][ãa]o | durata | duur\b | 지속 | 다운타임 | 소요 | 所要 | 継続時間 | 停止時間 | 持续 | 历时
    длительн | продолжит
    """
)
SEVERITY = words(
    r"""
    severit | sev\b | schwere | gravit | s[ée]v[ée]rit | severidad | gravedad | severidade | gravidade | ernst | 심각도
    重大度 | 深刻度 | 严重 | 嚴重 | серь[её]зност | критичност
    """
)
#: Words that stand where a person is to put their own. The whole of what is in brackets must be one of them.
BLANK = re.compile(
    r"(?:your |the |incident |service |start |end |due |short |brief |detailed |\d ?[-–] ?\d sentences? ?)*"
    r"(?:names?|title|date|time|number|percentage|number ?/ ?percentage|count|link|url|owner|author|assignee|"
    r"description|summary|explanation|event|task|action|action item|tbd|tba|tbc|todo|xx+|"
    r"titel|datum|beschreibung|nom|titre|nombre|t[íi]tulo|fecha|descripci[óo]n|descri[çc][ãa]o|nome|data|"
    r"이름|제목|날짜|설명|상세 설명|담당자|名前|日付|説明|担当者|名称|标题|日期|描述|负责人)|"
    r"(?:insert|enter|describe|explain|fill in|write|list|provide|specify)\b.{1,100}",
    re.IGNORECASE,
)
_TIME = (
    r"hours?|hrs?|minutes?|mins?|days?|seconds?|h|m|min|stunden?|minuten?|heures?|horas?|minutos?|ore|minuti|"
    r"시간|분|초|일|時間|分|秒|日|小时|分钟"
)
_UNIT = rf"(?:{_TIME}|users?|customers?|requests?|people|%|명|건|人|件|用户)"
SPAN = rf"\d ?(?:{_TIME})(?![A-Za-z])"
#: A form of a date, a time or a number in place of one. Looked for where a value begins.
FORM = re.compile(
    r"(?:~|≈|about |approx\.? |ca\.? |circa |약 ?|約|约)?(?:"
    r"(?:YYYY|JJJJ|AAAA|20[X\d]{2})(?P<sep>[-/.])(?:MM|XX)(?P=sep)(?:DD|XX|TT|JJ|AA)|"
    r"(?:DD|MM|TT|JJ)[-/.](?:MM|DD)[-/.](?:YYYY|YY|JJJJ|AAAA)|"
    r"(?:HH|hh|XX):(?:MM|mm|XX)|"
    rf"(?:[XYN]{{1,3}} ?{_UNIT}(?![A-Za-z]) ?)+|"
    r"(?:SEV|INC|ACT|P|S)-?[XN#]+(?![A-Za-z])|"
    r"@(?:name|owner|user|username|person|assignee|handle|someone)\b|"
    r"(?:TBD|TBA|TBC|TODO|FIXME)(?![\w-])|XXX+|\?\?\?+|_{3,}|lorem ipsum)"
)
#: A choice that nobody made: "P1/P2/P3", "SEV1 | SEV2". The whole of a value must be one.
CHOICE = re.compile(r"(?:P|S|SEV-?|Sev ?)\d(?: ?[/|,] ?(?:P|S|SEV-?|Sev ?)\d){1,5}|Yes ?/ ?No|Y/N")
#: Words in brackets that are meant: what a log or a status message begins with, and an omission.
LITERAL = re.compile(
    r"[ xX✓✔]?|\.{2,4}|…|sic|info|warn(?:ing)?|error|debug|notice|critical|fatal|trace|ok|failed?|\^.*|\d+",
    re.IGNORECASE,
)
LIVE = re.compile(r"\{\{\s*(?:timeline|action[ _]items)\s*\}\}", re.IGNORECASE)
