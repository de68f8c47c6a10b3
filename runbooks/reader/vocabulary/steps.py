"""Words of checklists, containment branches and the parts of them."""

import re

from runbooks.reader.vocabulary.patterns import words

BRANCH_CONTAINER = words(
    r"""
    common (?:issues?|incidents?|problems?|scenarios?|incident types?|failures?|alerts?|errors?|cases)
    (?:specific |incident |typical |known |failure |emergency |response )?scenarios?\b
    (?:specific |incident |response |scenario )?playbooks?\b | known (?:issues|problems)
    troubleshooting | incident types?\b | types of incidents? | containment\b
    mitigations?(?: strategies| actions| steps| playbooks?|(?: and| &) (?:resolution|recovery|containment))?$
    (?:by|per) (?:cause|type|scenario|symptom) | failure modes?
    specific (?:incidents?|procedures|responses?) | (?:incident|alert)[- ](?:specific|type)
    runbooks? (?:by|per|for)\b | alert (?:runbooks?|responses?|playbooks?) | emergency procedures
    symptoms?$ | decision tree | quick fixes | h[äa]ufige | szenari | eind[äa]mmung | fehlerbilder
    probl[èe]mes (?:courants|fr[ée]quents) | incidents? (?:courants|fr[ée]quents|types?)
    sc[ée]narios? | confinement | problemas (?:comunes|frecuentes|comuns|frequentes)
    incidentes (?:comunes|frecuentes|comuns|frequentes) | escenarios? | contenci[óo]n | cen[áa]rios?
    conten[çc][ãa]o | scenari\b | contenimento | problemi comuni | veelvoorkomende | 자주 발생
    시나리오 | 유형별 | 일반적인 (?:문제|장애) | よくある | シナリオ | 障害別 | 封じ込め | 常见 | 场景
    故障类型
    сценари | типовые | типичные | частые | действия по типам | по типам
    """
)
SCENARIO_PREFIX = re.compile(
    r"^(?:scenario|incident|playbook|runbook|issue|problem|case|alert|symptom|incident type|failure|"
    r"situation|szenario|fall|vorfall|störung|sc[ée]nario|cas|escenario|caso|incidente|cen[áa]rio|"
    r"problema|scenario|시나리오|장애|シナリオ|ケース|障害|场景|情况)\s*(?:#?\d{1,2}|"
    r"[A-Z])?\s*(?:[::]|[-–—]\s)\s*(?=\S)",
    re.IGNORECASE,
)
IF_BRANCH = re.compile(
    r"^(?:if\b|если\b|при\s|when (?!to\b|in doubt|should\b|do\b)|in (?:the )?(?:case|event) of\b|"
    r"for (?:an? )?(?:suspected|confirmed)\b|for .{3,50}(?:issues?|crash|failures?|outages?|attacks?|"
    r"breach|incidents?|problems?|errors?|leaks?)$|(?:suspected|caused by|due to)\b|falls\b|wenn\b|"
    r"im falle?\b|bei (?!bedarf)|si (?!besoin|possible)(?=\S)|en cas d|s['’]il|se (?=\S)|em caso de|"
    r"caso (?=\S)|quando\b|in caso di|als (?=\S)|bij\b|如果|当|若)|(?:발생 ?시|일 ?경우|경우|"
    r"때|인 ?경우|(?<=[가-힣]) 시|"
    r"の場合(?:は)?|の時|したら|时)\s*[::]?\s*(?:\(.{0,40}\))?$",
    re.IGNORECASE,
)
NOT_A_CAUSE = re.compile(
    r"^(?:if|when) (?:you|in doubt|unsure|needed|necessary|possible|required|applicable|not sure|"
    r"asked|in question|escalat|to\b|resolved|the incident is (?:resolved|over)|no one|nobody|"
    r"unacknowledged|paged|an incident is|an? (?:incident|alert) (?:is|occurs|fires|comes)|primary|"
    r"everything|all)|^when(?:ever)? (?:to|should|do)\b|^wenn (?:du|sie|möglich|nötig)|^si (?:vous|tu|"
    r"n[ée]cessaire)|^se (?:necess|poss|você)",
    re.IGNORECASE,
)
SYMPTOM = words(
    r"""
    symptoms?\b | indicators?\b | signs?\b | alerts?\b | how to (?:detect|recogni[sz]e)
    what you(?:'ll)? see | trigger(?:s|ed by)?\b | signals?\b | symptome?\b | anzeichen
    sympt[ôo]mes? | signes | s[íi]ntomas? | indicadores | se[ñn]ales | sinais | sintomi | symptomen
    증상 | 징후 | 症状 | 兆候 | 検知
    симптом | признак
    """
)
REMEDY = words(
    r"""
    (?:(?:immediate|initial|response|recovery|resolution|mitigation|remediation) )?(?:actions?|steps?|procedures?)\b
    (?:first|corrective|containment) (?:actions?|steps?|procedures?)\b
    resolutions?\b | mitigations?\b | remed(?:y|iation) | fix(?:es)?\b | solutions?\b | recovery\b
    response\b | containment\b | investigat(?:e|ion)\b | diagnos(?:is|tics?|e)\b | triage\b
    what to do | checks?\b | workarounds?\b | rollback | verif(?:y|ication) | runbook\b | detection\b
    debug | ma(?:ß|ss)nahmen | behebung | l[öo]sung | schritte | diagnose | sofortma
    actions? (?:imm[ée]diates?|correctives?) | [ée]tapes | r[ée]solution | diagnostic | acciones
    pasos | resoluci | diagn[óo]stico | soluci[óo]n | a[çc][õo]es | passos | resolu[çc] | solu[çc]
    azioni | passi | risoluzione | stappen | acties | 조치 | 해결 | 대응 | 진단 | 対応 | 対処 | 手順
    調査 | 復旧 | 解决 | 处理 | 步骤 | 排查
    действия | решение | устранение | диагностика | шаги
    """
)
NOT_STEPS = words(
    r"""
    symptoms?\b | indicators?\b | signs?\b | alerts?\b | impacts?\b | causes?\b | root causes?
    prevention\b | prevent\b | communicat | notif(?:y|ication)\b | severity\b | priority\b
    references?\b | related\b | background\b | context\b | monitoring\b | documentation\b | escalat
    owners?\b | contacts?\b | trigger | examples?\b | note\b | expected\b | description\b
    definition\b | criteria\b | detection criteria | overview | long[- ]term | requirements?\b
    indikatoren | anzeichen | signes\b | indicador | se[ñn]ales | sinais | symptome?\b | ursachen?\b
    auswirkung | sympt[ôo]mes? | s[íi]ntomas? | causas?\b | prevenci | preven[çc] | sintomi | 증상
    원인 | 예방 | 영향 | 症状 | 原因 | 影響 | 予防
    шаг | этап | действия | чек-?лист | процедура
    симптом | признак | причин
    """
)
HAZARD_PROCEDURE = re.compile(
    r"(?=.{0,80}\b(?:breach|attack|ransomware|malware|phishing|leak|compromise|data loss|ddos|"
    r"intrusion|safety|fraud|outage|disaster|corruption|security|exposure|"
    r"privacy)\w*)(?=.{0,80}\b(?:protocols?|procedures?|playbooks?|response|handling)\b).{3,80}$",
    re.IGNORECASE,
)
STEPS = words(
    r"""
    steps?\b | checklists?\b | phases?\b | triage | actions?\b | procedures?\b | process\b | workflow
    response\b | respond\b | investigat | mitigat | contain(?!er) | recover | resol | remediat | acknowledge
    assess | communicat | first \d+ | immediate | post[- ]incident | after | diagnos | verif | stabili
    escalat | detect | declar | schritte | ablauf | [ée]tapes | pasos | passos | fase | checkliste
    lista de (?:verif|control|comprob) | 체크리스트 | 절차 | 단계 | 手順 | チェックリスト | フェーズ
    步骤 | 检查 | 流程
    """
)
NOT_CHECKLIST = words(
    r"""
    table of contents | contents$ | toc$ | inhalt | sommaire | table des mati | [íi]ndice | sum[áa]rio
    contenido | 목차 | 目次 | 目录 | change ?log | version history | revision history | definitions?\b
    glossary | principles?\b | goals?\b | objectives?\b | objetivos?\b | ziele?\b | objectifs?\b
    obiettivi | doelen | 목표 | 목적 | 目的 | 目标 | training | drills?\b | exercises?\b | schulung
    entrenamiento | treinamento | formation\b | 훈련 | 訓練 | 演练 | eligible | eligibility
    metrics\b | kpis?\b | references?\b | faq\b | ^scope$ | ^purpose$
    anti-?patterns? | don['’]?ts?\b | do not\b | mistakes | pitfalls | red flags | warning signs
    when to\b | limitations | assumptions | цели | обучение
    """
)
IMPERATIVE = re.compile(
    r"^(?:acknowledge|add|alert|announce|apply|ask|assemble|assess|assign|block|begin|bring|build|"
    r"call|capture|check|clear|close|collect|communicate|compare|confirm|conduct|contact|contain|"
    r"coordinate|correlate|create|declare|deploy|determine|disable|diagnose|document|drain|draft|"
    r"enable|engage|ensure|escalate|establish|evaluate|execute|export|fail ?over|file|find|fix|follow|"
    r"gather|get|hand|identify|implement|increase|inform|inspect|interview|invite|isolate|join|keep|"
    r"kill|limit|list|locate|log|look|make|mark|monitor|move|note|notify|open|page|patch|pause|"
    r"perform|pin|post|prepare|preserve|prioriti[sz]e|provide|publish|pull|purge|put|query|quarantine|"
    r"reach|re-?run|reboot|record|redirect|reduce|remove|replace|reply|report|request|reset|resolve|"
    r"restart|restore|retry|revert|review|revoke|roll|rotate|run|scale|schedule|search|send|set|share|"
    r"shut|silence|snapshot|spin|start|stop|submit|summari[sz]e|suspend|switch|take|tell|test|trace|"
    r"track|triage|trigger|try|turn|update|use|validate|verify|wait|warn|watch|write)\b(?!-)",
    re.IGNORECASE,
)
LEAD_LABEL = re.compile(
    r"^(?:(?:within|in the first|no later than|after|in|innerhalb|binnen|dans les|sous|en las|"
    r"en menos de|dentro de|em at[ée]|entro)\s.{0,12}\d.{0,40}[::]$|(?:if|when|falls|wenn|en cas|si|"
    r"se|em caso)\s.{3,60}[::]$)",
    re.IGNORECASE,
)
