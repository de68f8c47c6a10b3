"""Words of communication templates and post-mortems."""

import re

from runbooks.reader.vocabulary.patterns import words

TEMPLATE = words(
    r"""
    templates?\b | boilerplate | canned | message formats? | vorlagen?\b | muster | textbaustein
    mod[èe]les?\b | gabarits?\b | plantillas?\b | modelos?\b | modell[oi]\b | sjablo | 템플릿 | 양식
    テンプレート | 雛形 | 文面 | 例文 | 模板 | 范本
    шаблон
    """
)
COMMUNICATION = words(
    r"""
    communicat | comms\b | notif(?:y|ication|ications)\b | status (?:page|update) | updates?\b
    announce | messages?\b | messaging | statements?\b | e-?mails?\b | stakeholder
    customer[- ](?:facing|update|notice) | initial (?:notice|post|update)
    resolution (?:notice|post|update|message) | post(?:ing)? (?:in|to) | declar | kommunikation
    benachrichtig | mitteilung | meldung | nachricht | notification | message | annonce | comunicaci
    notificaci | mensaje | comunicad | comunica[çc] | notifica | mensage[mn] | comunicazion | messagg
    communicatie | bericht | 알림 | 공지 | 커뮤니케이션 | 메시지 | 通知 | 連絡文 | アナウンス | 告知
    コミュニケーション | 公告 | 沟通
    коммуникац | сообщени | уведомлен
    """
)
NOT_A_MESSAGE = words(
    r"""
    runbook template | ticket | jira | github issue | issue template | checklist
    log (?:entry|format|template) | timeline (?:entry|format|template) | playbook template
    impact assessment | matrix | config | procedure template | incident (?:record|document|log)
    decision log | dashboards? | quer(?:y|ies)
    commits?\b | pull requests? | pr (?:description|template) | prompts?\b | metadata | schema | api\b | file format
    """
)
EXAMPLE = words(
    r"""
    examples?\b | sample\b | beispiel | exemples?\b | ejemplos?\b | exemplos?\b | esemp | voorbeeld
    예시 | 例(?!文) | 示例
    пример
    """
)
POSTMORTEM = words(
    r"""
    post[- ]?mortems?\b | post[- ]incident (?:review|report|analysis|summary|document|retro)
    incident (?:reports?|reviews?|retrospectives?|summary|write-?up)\b | retrospectives?\b | retro\b
    rca\b | root cause analys[ie]s | after[- ]action | \bpir\b | corrections? of errors? | coe\b
    lessons learned | nachbereitung | nachbesprechung | nachbetrachtung | abschlussbericht
    vorfallsbericht | analyse post | retour d['’]exp[ée]rience | \brex\b | compte[- ]rendu
    rapport d['’]incident | bilan | informe | an[áa]lisis (?:post|de causa) | retrospectiva
    relat[óo]rio | an[áa]lise (?:p[óo]s|de causa) | p[óo]s[- ](?:incidente|morte) | post[- ]incidente
    rapporto | evaluatie | 사후 | 회고 | 포스트모템 | ポストモーテム | ポストモルテム | 事後
    振り返り | ふりかえり | 障害報告 | 复盘 | 事后 | 事故报告
    постмортем | пост-мортем | разбор
    """
)
POSTMORTEM_PART = words(
    r"""
    (?:executive |incident )?summary | overview | timeline | root[- ]causes? | contributing | impact
    action items? | corrective | preventi | follow[- ]?ups? | lessons | what (?:went|happened|could)
    resolution | detection | response | mitigation | where we got lucky | background | trigger
    participants | next steps | zusammenfassung | zeit(?:leiste|verlauf|strahl|achse) | ursache
    auswirkung | ma(?:ß|ss)nahmen | erkenntnis | r[ée]sum[ée] | chronologie | causes?\b | actions?\b
    enseignements | le[çc]ons | resumen | cronolog | causa | impacto | acciones | lecciones | resumo
    linha do tempo | a[çc][õo]es | li[çc][õo]es | riepilogo | impatto | azioni | samenvatting
    tijdlijn | oorzaak | 개요 | 요약 | 타임라인 | 원인 | 영향 | 액션 | 조치 | 교훈 | 잘한 | 개선
    概要 | サマリ | タイムライン | 原因 | 影響 | 対策 | アクション | 教訓 | 再発防止 | 摘要 | 时间线
    影响 | 改进 | 行动 | 经验
    хронолог | причин | влияни | уроки | действия | резюме
    """
)
STATUS_TAG = re.compile(
    r"^(?:investigating|identified|monitoring|resolved|update(?:d)?|mitigat(?:ed|ing)|closed|"
    r"scheduled|in progress|completed|ongoing|degraded|outage|maintenance|incident|alert|urgent|"
    r"action required|initial|final|resolution|major incident|security incident|verifying|fixed|"
    r"all clear|untersuchung|in untersuchung|identifiziert|gelöst|behoben|überwachung|en cours|"
    r"investigation|identifi[ée]|r[ée]solu|surveillance|investigando|identificado|monitoreando|"
    r"resuelto|monitorando|resolvido|in corso|risolto|조사 ?중|확인 ?중|해결(?: ?완료)?|"
    r"모니터링|복구 ?완료|調査中|特定|監視中|"
    r"解決(?:済み)?|復旧|対応中|调查中|已解决|监控中|处理中)$",
    re.IGNORECASE,
)
AFTER = words(
    r"""
    post[- ] | after\b | follow[- ]?up | review | retrospective | closure | closing | wrap[- ]?up
    nach | apr[èe]s | suivi | despu[ée]s | posterior | seguimiento | ap[óo]s | p[óo]s[- ] | dopo
    사후 | 회고 | 事後 | 振り返り | 复盘 | 事后 | ポスト
    """
)
