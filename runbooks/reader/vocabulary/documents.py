"""Words of the labels and headings of a post-mortem. Each pattern is for a whole label ("Date", "Total downtime")."""

from runbooks.reader.vocabulary.patterns import words

TITLE = words(
    r"""
    (?:incident |short |brief )?(?:title|headline) | incident(?: name)? | subject | titel | vorfall | titre
    t[íi]tulo(?: (?:del|do) incidente)? | incidente? | titolo | 제목 | 인시던트 ?(?:명|제목) | タイトル
    件名 | インシデント名 | 标题 | 事件名称 | название | заголовок
    """
)
REFERENCE = words(
    r"""
    inc(?:ident)?(?: |-)?(?:id|number|no\.?|\#|key|ref(?:erence)?|ticket) | id | ticket(?: (?:id|number))?
    vorfall(?:s)?-?(?:nummer|id) | num[ée]ro(?: d['’]incident)? | n[úu]mero(?: (?:del|do) incidente)?
    numero(?: incidente)? | 인시던트 ?(?:번호|id) | インシデント ?(?:番号|id) | 事件编号 | номер(?: инцидента)?
    """
)
DATE = words(
    r"""
    (?:incident )?dates?(?: of (?:the )?incident)? | incident day | day | date ?(?:/|and|&) ?time | datum
    datum des vorfalls | date de l['’]incident | fecha(?: del incidente)? | data(?: do incidente)?
    data dell['’]incidente | (?:발생 ?)?(?:날짜|일자|일시) | (?:発生)?(?:日付|日時|年月日) | (?:发生)?日期
    дата(?: инцидента)?
    """
)
DURATION = words(
    r"""
    (?:total |incident |outage |overall )?(?:duration|downtime|outage(?: time| duration)?|length)
    duration of (?:the )?(?:incident|outage|impact) | time to (?:resolve|resolution|restore|recover) | mttr
    dauer | (?:gesamt)?dauer | ausfallzeit | dur[ée]e(?: totale)?(?: de l['’](?:incident|interruption))?
    duraci[óo]n(?: total)? | dura[çc][ãa]o(?: total)? | durata(?: totale)? | tempo di (?:inattivit[àa]|fermo)
    (?:totale )?duur | (?:총 ?)?(?:다운타임|장애 ?시간|지속 ?시간|소요 ?시간)
    (?:総)?(?:ダウンタイム|停止時間|継続時間|所要時間)
    (?:总)?(?:持续时间|停机时间|时长) | (?:общая )?(?:длительность|продолжительность)
    """
)
LEVEL = words(
    r"""
    (?:incident )?severity(?: level)? | sev(?: ?level)? | (?:incident )?priority(?: level)? | incident level
    schweregrad | priorit[äa]t | gravit[ée] | s[ée]v[ée]rit[ée] | niveau(?: de gravit[ée])? | severidad
    gravedad
    severidade | gravidade | criticidade | gravit[àa] | livello | ernst | prioriteit | 심각도 | 등급 | 重大度
    深刻度
    严重(?:程度|级别|性) | 级别 | (?:уровень )?критичност(?:ь|и) | приоритет
    """
)
AUTHOR = words(
    r"""
    (?:report |document |post-?mortem )?(?:authors?|writers?) | (?:report|document|post-?mortem) owner
    (?:written|prepared|reported) by
    autor(?:in|en|es|as?)? | verfasser(?:in)? | verfasst von | auteur(?:s|e)? | r[ée]dig[ée] par | autore
    redatto da
    작성자 | 作成者 | 記入者 | 报告人 | 作者 | автор
    """
)
COMMANDER = words(
    r"""
    (?:incident )?(?:commander|lead|manager)(?: \(ic\))? | ic | einsatzleit(?:er|erin|ung)
    (?:commandant|responsable)(?: d['’]incident| de l['’]incident)? | comandante(?: (?:del|do) incidente)?
    인시던트 ?(?:커맨더|책임자) | 指揮者 | インシデント(?:コマンダー|指揮官) | 事件(?:指挥官|负责人)
    руководитель(?: инцидента)?
    """
)
USERS = words(
    r"""
    (?:(?:\#|number|percentage|%) of )?(?:users?|customers?|clients?|tenants?) (?:affected|impacted)
    (?:affected|impacted) (?:users?|customers?|clients?|tenants?|parties)
    betroffene (?:nutzer|benutzer|kunden)(?:innen)?
    (?:utilisateurs|clients) (?:affect[ée]s|touch[ée]s|impact[ée]s) | (?:usuarios|clientes) afectados
    (?:usu[áa]rios|clientes) (?:afetados|impactados) | (?:utenti|clienti) (?:coinvolti|interessati|impattati)
    (?:getroffen|betrokken) (?:gebruikers|klanten) | 영향 ?받은 ?(?:사용자|고객)(?: ?수)? | 영향 ?사용자
    影響(?:を受けた)?(?:ユーザー|利用者|顧客)(?:数)? | 受影响(?:的)?(?:用户|客户)(?:数)?
    (?:затронут(?:о|ые) )?(?:пользовател(?:и|ей)|клиент(?:ы|ов))
    """
)
FEATURES = words(
    r"""
    (?:features?|functionality|services?|systems?|components?|products?)(?:/\w{2,12})? ?(?:affected|impacted)
    (?:affected|impacted) (?:features?|functionality|services?|systems?|components?|products?)(?:/\w{2,12})?
    betroffene (?:funktionen|dienste|systeme|services|komponenten)
    (?:fonctionnalit[ée]s|services|syst[èe]mes) (?:affect[ée]e?s|touch[ée]e?s|impact[ée]e?s)
    (?:funciones|servicios|sistemas|funcionalidades) afectad[oa]s
    (?:funcionalidades|servi[çc]os|sistemas|recursos) (?:afetad|impactad)[oa]s
    (?:funzionalit[àa]|servizi|sistemi) (?:coinvolt|interessat|impattat)[ie]
    (?:getroffen|betrokken) (?:functies|diensten|systemen) | 영향 ?받은 ?(?:기능|서비스|시스템)
    影響(?:を受けた)?(?:機能|サービス|システム|範囲) | 受影响(?:的)?(?:功能|服务|系统)
    затронут(?:ые|о) (?:функции|сервисы|системы|услуги)
    """
)
HARM = words(
    r"""
    (?:user |customer |business )?impact(?: summary)? | auswirkung(?:en)? | impacts? | impacto | impatto
    gevolgen
    영향 | 사용자 ?영향 | 影響 | ユーザー(?:への)?影響 | 影响 | 用户影响 | влияние
    """
)
WHAT_BREAKS = words(
    r"""
    services? | systems? | components? | dienste? | servicios? | servi[çc]os? | servizi | diensten | 서비스
    サービス
    服务 | сервис(?:ы)?
    """
)
STARTED = words(
    r"""
    (?:incident |impact )?(?:start(?:ed)?|began|begin(?:ning)?|onset)(?: ?(?:time|date|at))? | time started
    (?:time|date) of (?:start|onset)
    occurred(?: at)? | (?:beginn|startzeit)(?: des vorfalls)? | d[ée]but(?: de l['’]incident)?
    (?:heure|date) de d[ée]but | (?:hora de )?inicio | (?:hora (?:de|do) )?in[íi]cio | (?:ora di )?inizio
    begin(?:tijd)? | (?:발생|시작) ?(?:시간|시각|일시) | (?:発生|開始)(?:時刻|日時|時間) | (?:开始|发生)时间
    начало
    """
)
RAISED = words(
    r"""
    declared(?: ?(?:at|time|on))? | (?:time )?(?:reported|opened|created)(?: ?(?:at|on))? | gemeldet(?: um)?
    d[ée]clar[ée](?: [àa])? | declarado | dichiarato | 선언 ?(?:시간|시각) | 宣言(?:時刻|日時)
    """
)
SEEN = words(
    r"""
    (?:time )?acknowledged(?: ?(?:at|time|on))? | best[äa]tigt(?: um)? | reconocido | reconhecido
    확인 ?(?:시간|시각)
    確認(?:時刻|日時) | 确认时间
    """
)
MITIGATED = words(
    r"""
    (?:time )?(?:mitigated|contained)(?: ?(?:at|time|on))? | mitigation time | einged[äa]mmt(?: um)? | mitigado
    완화 ?(?:시간|시각) | 緩和(?:時刻|日時) | 缓解时间
    """
)
ENDED = words(
    r"""
    (?:incident |impact )?(?:end(?:ed)?|resolved|restored|recovered|closed)(?: ?(?:time|date|at|on))?
    (?:resolution|recovery|restoration) (?:time|date) | time (?:resolved|ended) | ende | endzeit
    behoben(?: um)?
    fin(?:al)? | (?:heure|date) de (?:fin|r[ée]solution) | r[ée]solu(?: [àa])? | hora de fin | fim | t[ée]rmino
    resuelto | resolvido | (?:ora di )?fine | risolto | eind(?:e|tijd)? | opgelost
    (?:복구|종료|해결) ?(?:시간|시각|일시) | (?:復旧|終了|解決)(?:時刻|日時|時間) | (?:恢复|结束|解决)时间
    окончание | решено
    """
)
TIMELINE = words(
    r"""
    (?:incident |event |detailed |full )*(?:timelines?|chronology|sequence of events)(?: of events)?
    zeit(?:leiste|verlauf|strahl|achse|linie) | (?:zeitlicher )?(?:ab|ver)lauf
    chronologie(?: des [ée]v[ée]nements)?
    d[ée]roul[ée] | frise chronologique | cronolog[íi]a | l[íi]nea de tiempo | linha do tempo | cronologia
    tijdlijn
    타임라인 | 시간 ?순 ?경과 | 경과 | タイムライン | 時系列 | 経緯 | 时间线 | 时间轴 | хронология(?: событий)?
    """
)
ACTION_ITEMS = words(
    r"""
    (?:follow[- ]?up |post-?mortem |remediation )?action(?: items?|s)(?: (?:and|&) (?:owners|follow[- ]?ups?))?
    action plan | ma(?:ß|ss)nahmen(?:plan)? | plan d['’]actions? | actions? (?:[àa] mener|de suivi)
    acciones(?: de seguimiento)? | elementos de acci[óo]n | plan de acci[óo]n | itens de a[çc][ãa]o
    plano de a[çc][ãa]o
    azioni | actiepunten | (?:acties) | 액션 ?아이템 | 조치 ?항목 | 후속 ?조치 | アクション(?:アイテム|項目)?
    行动项 | 改进措施
    действия | план действий
    """
)
FOLLOW_UPS = words(
    r"""
    follow[- ]?ups?\b.* | next steps | to-?dos? | folgema(?:ß|ss)nahmen | n[äa]chste schritte
    suites? (?:[àa] donner)?
    prochaines [ée]tapes | pr[óo]ximos pas(?:os|sos) | prossimi passi | vervolgstappen | 다음 ?단계
    今後の対応 | 后续(?:步骤|行动)
    дальнейшие шаги
    """
)
REMEDIES = words(
    r"""
    (?:corrective|preventi(?:ve|on)|remedial)(?: (?:and|&|/) (?:corrective|preventi(?:ve|on)))? (?:actions?|measures?)
    (?:korrektur|pr[äa]ventiv)ma(?:ß|ss)nahmen | (?:actions?|mesures?) (?:correctives?|pr[ée]ventives?)
    (?:acciones|medidas) (?:correctivas|preventivas) | (?:a[çc][õo]es|medidas) (?:corretivas|preventivas)
    (?:azioni|misure) (?:correttive|preventive) | corrigerende maatregelen | 재발 ?방지(?: ?대책)?
    再発防止策? | 対策
    (?:纠正|预防)措施 | корректирующие действия
    """
)
ON_TIME = words(
    r"""
    (?:status )?updates? (?:on time|kept|sent on time) | communication(?:s)? on time | updates? p[üu]nktlich
    mises? [àa] jour [àa] l['’]heure | actualizaciones a tiempo | atualiza[çc][õo]es no prazo
    aggiornamenti puntuali
    """
)
SILENCE = words(
    r"""
    longest (?:silence|gap)(?: (?:between|in) updates)? | l[äa]ngste(?:s)? (?:stille|schweigen)
    plus long silence
    silencio m[áa]s largo | maior sil[êe]ncio | silenzio pi[ùu] lungo
    """
)
PATHS = words(
    r"""
    (?:paths?|causes?|hypothes[ei]s|theories|approaches|things)(?: we)? (?:tried|considered|explored|ruled out)
    (?:causes?|hypothes[ei]s) investigated
    what (?:was|we) tried | gepr[üu]fte (?:ursachen|hypothesen) | pistes? (?:explor[ée]es|[ée]cart[ée]es)
    hip[óo]tesis (?:probadas|descartadas) | hip[óo]teses (?:testadas|descartadas)
    ipotesi (?:verificate|scartate)
    """
)
