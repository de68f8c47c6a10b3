"""Words of severity scales: headings and column headers."""

from runbooks.reader.vocabulary.patterns import words

SEVERITY = words(
    r"""
    severit(?:y|ies) | sev\b | sev[- ]?levels? | priorit(?:y|ies)\b | classif(?:ication|ying|y)
    incident levels? | levels? of (?:incident|severity) | impact levels? | criticality
    incident (?:categor|class) | schwere | priorit[äa]t | stufen | klassifi | gravit[ée]
    s[ée]v[ée]rit[ée] | niveaux?\b | criticit[ée] | classement | severidad | gravedad | prioridad
    niveles | criticidad | clasificaci | severidade | gravidade | prioridade | n[íi]ve(?:l|is)
    criticidade | classifica | gravit[àa] | priorit[àa] | livelli | ernst | prioriteit | 심각도
    우선순위 | 등급 | 장애 ?레벨 | 重大度 | 深刻度 | 重要度 | 優先度 | 障害レベル | 严重 | 等级 | 级别
    优先级 | 嚴重
    классификац | критичност | серь[её]зност | приоритет | уровн
    級別 | 等級 | 嚴重
    """
)
MEANING = words(
    r"""
    descriptions? | definitions? | meaning | impact | criteri(?:a|on) | scope | what\b | when to use
    conditions? | details? | summary | characteristics | user impact | business impact | typical
    scenarios? | situation | classification | symptoms? | effect | indicators? | beschreibung
    bedeutung | auswirkung | kriteri | signification | crit[èe]res? | d[ée]finition | descripci
    definici | impacto | criterios? | significado | descri[çc] | defini[çc] | crit[ée]rios?
    descrizione | definizione | impatto | omschrijving | beschrijving | betekenis | 정의 | 설명 | 영향
    기준 | 定義 | 説明 | 影響 | 基準 | 内容 | 定义 | 描述 | 说明 | 影响 | 标准
    описан | значени | влияни | критери
    說明 | 影響 | 標準 | 定義
    """
)
EXAMPLES = words(
    r"""
    examples? | e\.g\. | for instance | such as | sample | beispiele? | exemples? | ejemplos?
    exemplos? | esemp[io] | voorbeeld | 예시 | 예 | 사례 | 例 | 事例 | 示例 | 举例
    пример
    """
)
NAME = words(
    r"""
    names?\b | labels?\b | titles?\b | class(?:ification)?\b | category | severity | bezeichnung
    nom\b | nombre | nome\b | naam | 이름 | 명칭 | 名称 | 名前
    """
)
RESPONSE = words(
    r"""
    respon[sd]e? ?(?:time|within|sla|slo|target|deadline|window|goal|by) | respond(?: within| in|\b)
    responses?\b | (?:initial|first|target|expected|max(?:imum)?|required)[ -]respon
    time[- ]to[- ](?:respond|response|acknowledge|ack|engage|react) | ack(?:nowledge(?:ment|d)?)?\b
    tta\b | mtta\b | reaction | react within | time[- ]?frames? | engage(?:ment)? (?:time|within)
    reaktion | antwortzeit | erstreaktion | d[ée]lai de (?:r[ée]ponse|r[ée]action|prise)
    d[ée]lais?\b | temps de (?:r[ée]ponse|r[ée]action) | r[ée]ponse | prise en charge
    tiempos? de (?:respuesta|reacci) | respuesta | tempos? de (?:resposta|rea) | resposta | prazo
    tempo di (?:risposta|reazione) | risposta | reactietijd | responstijd | 대응 ?시간 | 응답 ?시간
    대응 | 응답 | 対応時間 | 応答時間 | 初動 | 対応 | 响应 | 回應
    время (?:реакции|отклика|ответа) | реакци
    響應 | 回應
    """
)
RESPONSE_WEAK = words(
    r"""
    slas?\b | slos?\b | targets?\b | time\b | deadline | urgency | within\b | zeit\b | frist | plazo
    tiempo | temps | tempo | 시간 | 時間 | 时间 | 目标 | 目標
    """
)
RESOLUTION = words(
    r"""
    resol(?:ve|ution) | fix(?:ed)?\b | restor | recover | mttr | ttr\b | rto | l[öo]sung | behebung
    r[ée]solution | resoluci | resolu[çc] | soluci | solu[çc] | risoluzione | oplos | 해결 | 복구
    解決 | 復旧 | 解决 | 恢复 | mitigat
    решени | восстановлен | устранен
    """
)
