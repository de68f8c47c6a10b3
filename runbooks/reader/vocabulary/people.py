"""Words of updates, contacts, owners and neighbouring runbooks."""

import re

from runbooks.reader.vocabulary.patterns import words

CADENCE = words(
    r"""
    update[sd]?\b | cadence | frequen(?:cy|t) | comms?\b | communicat | status\b | interval
    next update | stakeholder | h[äa]ufigkeit | takt | intervall | turnus | fr[ée]quence
    mises? [àa] jour | frecuencia | actualizaci | cadencia | frequ[êe]ncia | atualiza | cad[êe]ncia
    frequenza | aggiornament | frequentie | 주기 | 업데이트 | 빈도 | 공지 | 頻度 | 更新 | 間隔 | 報告
    频率 | 通报 | 同步 | kommunikation | comunicaci | comunica[çc]
    обновлен | частота | статус
    """
)
FREQUENCY = words(
    r"""
    frequency | cadence | update (?:interval|every|rate|schedule) | updates?\b | interval | how often
    status updates? | comms?\b | communication | h[äa]ufigkeit | takt | intervall | turnus
    updates? alle | fr[ée]quence | mises? [àa] jour | frecuencia | actualizaci | cadencia
    frequ[êe]ncia | atualiza | cad[êe]ncia | frequenza | aggiornament | frequentie | 주기 | 업데이트
    빈도 | 頻度 | 更新 | 間隔 | 频率 | 通报
    частота | обновлен
    """
)
PLAIN_FREQUENCY = words(
    r"""
    (?:update )?frequency | cadence | (?:update )?interval | updates? every | how often | häufigkeit
    intervall | turnus | fréquence | frecuencia | frequência | frequenza | frequentie | 주기 | 빈도
    頻度 | 間隔 | 频率
    """
)
AUDIENCE = words(
    r"""
    audience | stakeholders? | who\b | group | zielgruppe | empf[äa]nger | publics?\b | destinatai?ri
    audiencia | p[úu]blico | 대상 | 対象 | 受众 | 对象
    """
)
UPDATE_VERB = words(
    r"""
    updat | status | communicat | comms\b | post(?:ed|s)?\b | notif | report | inform | stakeholder
    announce | brief | check[- ]in | informier | aktualisier | meld | actualis | informer | communiqu
    mise | actualiz | comunic | atualiz | aggiorn | 업데이트 | 공지 | 공유 | 보고 | 更新 | 報告 | 共有
    连络 | 連絡 | 通知 | 同步
    обновл | сообщ | информир
    """
)
CONTACTS = words(
    r"""
    contacts?\b | contact (?:info|list|details) | escalat(?:ion|e) | on-?call\b
    who to (?:call|contact|page|notify) | call (?:tree|list) | phone (?:list|numbers?|tree)
    key people | emergency (?:numbers|phone) | kontakte?\b | ansprechpartner | eskalation
    rufbereitschaft | bereitschaft | notfallkontakte? | interlocuteurs | astreinte | escalade
    contactos? | escalad[oa] | escalamiento | escalonamento | contatos? | escalonamiento | guardia
    plant[ãa]o | contatti | reperibilit | escalatie | contacten | 연락처 | 연락 | 담당자
    에스컬레이션 | 비상 | 連絡先 | 緊急連絡 | エスカレーション | 联系人 | 联系方式 | 升级 | 聯絡
    контакт | эскалац | дежурн
    聯繫 | 升級
    """
)
CONTACTS_STRONG = words(
    r"""
    contacts?\b | who to (?:call|contact|page|notify) | call (?:tree|list)
    phone (?:list|numbers?|tree) | emergency (?:numbers|phone) | kontakte?\b | ansprechpartner
    notfallkontakte? | interlocuteurs | contactos? | contatos? | contatti | contacten | 연락처
    連絡先 | 緊急連絡 | 联系人 | 联系方式 | 聯絡
    контакт
    聯繫
    """
)
ROLE = words(
    r"""
    roles?\b | titles?\b | positions?\b | teams?\b | functions?\b | who\b | persons?\b | people
    services?\b | vendors?\b | providers?\b | tiers?\b | levels?\b | severity | priority | responsib
    names?\b | area | department | group | contact type | escalation level | method | type
    organi[sz]ation | system | step | entity | rolle | funktion | stufe | bereich | r[ôo]le | fonction
    [ée]quipe | niveau | service | rol\b | equipo | cargo | funci[óo]n | nivel | papel | equipe
    fun[çc][ãa]o | n[íi]vel | ruolo | livello | functie | 역할 | 직책 | 팀 | 役割 | 担当(?!者) | 部署
    チーム | 角色 | 职责 | 职位 | 团队
    роль | должность | команда
    領域 | 職位 | 團隊
    """
)
ROLE_STRONG = words(
    r"""
    roles?\b | positions?\b | titles?\b | functions?\b | who\b | rolle | funktion | r[ôo]le | fonction
    rol\b | cargo | papel | ruolo | functie | 역할 | 役割 | 角色
    роль | должность
    """
)
REACH = words(
    r"""
    contacts?\b | contact (?:method|info|details) | phones?\b | mobile | cell\b | tel(?:ephone)?\b
    e-?mails?\b | slack | teams\b | chat | discord | handles?\b | pagers?\b | pagerduty | opsgenie
    numbers?\b | channels?\b | how to (?:reach|contact) | reach | details?\b | primary\b | secondary\b
    backup\b | escalat(?:e|ion) (?:to|path|\() | first contact | notify | page\b | persons?\b
    names?\b | who\b | on-?call (?:person|engineer|contact) | method | link\b | address | kontakt
    telefon | handy | erreichbar | ansprechpartner | t[ée]l[ée]phone | joindre | coordonn | courriel
    nom\b | contacto | tel[ée]fono | correo | nombre | contato | telefone | nome\b | contatto
    telefono | telefoon | naam | 연락 | 전화 | 이메일 | 담당자 | 이름 | 連絡 | 電話 | メール | 氏名
    担当者 | 名前 | 联系 | 电话 | 邮箱 | 姓名
    контакт | телефон | почта | имя
    聯繫 | 電話 | 負責人
    """
)
REACH_STRONG = words(
    r"""
    contacts?\b | phones?\b | mobile | cell\b | tel(?:ephone)?\b | e-?mails?\b | slack | handles?\b
    pagers?\b | pagerduty | opsgenie | (?:phone )?numbers?\b | how to (?:reach|contact) | channels?\b
    reach | escalate to | first contact | notify | primary contact | details?\b | kontakt | telefon
    handy | erreichbar | t[ée]l[ée]phone | joindre | coordonn | courriel | contacto | tel[ée]fono
    correo | contato | telefone | contatto | telefono | telefoon | 연락 | 전화 | 連絡 | 電話 | メール
    联系 | 电话 | 邮箱
    контакт | телефон | почта
    聯繫 | 電話 | 負責人
    """
)
WHEN = words(
    r"""
    when\b | escalate (?:when|if|after) | triggers?\b | conditions?\b | availab | hours\b | criteria
    after\b | use for | for\b | reason | timing | time\b | threshold | coverage | wann | verf[üu]gbar
    quand | disponib | cu[áa]ndo | horario | quando | hor[áa]rio | wanneer | 시점 | 언제 | 상황 | 조건
    タイミング | 条件 | いつ | 时机 | 何时
    когда
    """
)
OWNER = re.compile(
    r"^(?:(?:document |runbook |doc |service |page )?owners?(?:[_ -](?:team|slack|group))?|owned by|"
    r"maintain(?:er|ers|ed by)|(?:responsible|owning) team|eigent[üu]mer|verantwortlich(?:e[rn]?)?|"
    r"inhaber|zust[äa]ndig|propri[ée]taire|responsables?|propietario|due[ñn]o|respons[áa]vel|"
    r"propriet[áa]rio|responsabile|proprietario|eigenaar|소유자|관리자|담당(?: ?팀)?|"
    r"문서 담당|所有者|オーナー|管理者|"
    r"担当(?:チーム)?|负责人|所有人)$",
    re.IGNORECASE,
)
RELATED = words(
    r"""
    related | see also | references?\b | further reading | other runbooks | runbooks?$
    (?:common |linked |associated |available )runbooks?\b | links?$ | resources$ | appendi(?:x|ces)
    additional (?:resources|documentation) | documentation$ | verwandte | siehe auch | weitere
    verweise | voir aussi | liens | li[ée]s | associ[ée]s | relacionad[oa]s | ver tambi[ée]n
    v[ée]ase | referencias | enlaces | refer[êe]ncias | veja tamb | correlati | riferimenti
    vedi anche | gerelateerd | zie ook | 관련 | 참고 | 関連 | 参考 | 相关 | 参见
    связанн | ссылки
    """
)
