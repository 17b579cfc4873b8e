/** What the name of an element or column says: names in several languages folded into a few words, and the phrases that name our fields. */

/** One of our words, and what partners write for it. Accents are taken off and letters made small before comparing. */
const vocabulary: Readonly<Record<string, string>> = {
  no: 'no nb nbr nr num number nummer numero numer nro номер 番号 编号 編號 번호',
  id: 'id ids identifier identifiers ident identification identity kennung identificador identifiant identificativo ref reference uuid guid codice code kod codigo kode 编码 代码 コード 코드 код',
  operator:
    'operator operators op trader traders client customer company companies member participant economic eo aeo business enterprise firm entity party holder betrieb unternehmen empresa operador oea entreprise operateur impresa operatore bedrijf certificate cert licence license authorisation authorization registration 企业 企業 業者 事業者 업체 компания предприятие участник',
  name: 'name nm names nombre nom nome naam navn namn nimi nazwa denominacion denominazione denomination bezeichnung firma firmenname titel title razon raison ragione social sociale наименование название имя 名称 名稱 氏名 商号 명칭 상호 이름',
  local: 'local zh ja ko ru ar th native national original vernacular lokal loc 中文 当地 現地 현지',
  latin: 'latin english en eng roman romanised romanized international int intl foreign translit lat 英文 英語 영문',
  address:
    'address addr addresses adresse direccion indirizzo endereco adres domicile domicilio anschrift адрес 地址 住所 주소',
  street: 'street strasse str rue calle via road straat gata line line1 улица 街道',
  city: 'city town place locality ort stadt ville ciudad citta cidade stad miasto municipality город 城市 市 都市 도시',
  postcode: 'postcode zip zipcode plz postalcode postleitzahl cp cap cep индекс 邮编 邮政编码 郵便番号 우편번호',
  post: 'post postal postale',
  grade:
    'grade cat level class classification category tier scheme programme program niveau nivel stufe klasse livello categoria kategorie категория уровень 等级 等級 级别 類別 区分 등급',
  status:
    'status active st sts state condition standing stat estado etat zustand stato stan 状态 狀態 状況 상태 статус состояние',
  date: 'date day dat datum fecha data dt tag jour dato дата 日期 日 날짜 일자',
  time: 'time ts timestamp datetime hour uhrzeit hora heure moment instant время 时间 時間 時刻 시간 日時',
  from: 'from frm start starts begin begins beginning desde ab von depuis debut inicio inizio commencement effective since granted grant awarded award issued approved approval certified 起 开始 生效 開始 시작 начало с',
  to: 'to until till end ends expiry expires expire expired expiration bis hasta fin fine au thru through termination 止 终止 截止 満了 終了 종료 окончание до по',
  valid:
    'valid validity gueltig gultig gueltigkeit vigencia vigente valide validite validita gyldig geldig wazne 有效 有効 유효 действует',
  role: 'role activity activities function capacity capacities rol rolle funktion actividad activite attivita роль 角色 役割 역할 业务',
  type: 'type typ mode tipo kind art sort тип 类型 種別 종류',
  reason: 'reason reasons cause grund motif motivo raison why причина 原因 理由 사유',
  since:
    'seit depuis stand changed change upd updated update modified lastchanged since asof geandert modificado modifie 变更 変更 변경',
  message:
    'message msg header head document doc transmission interchange transaction batch file lieferung nachricht mensaje envio envoi messaggio сообщение документ 报文 電文 전문',
  list: 'list lists lst liste lista 名单 清单 一覧 목록 список',
  sender:
    'frm sender from source orig origin originator issuer exporter absender remitente emetteur expediteur mittente afzender отправитель 发送方 发送 送信者 発信 송신',
  receiver:
    'receiver recipient to dest destination target addressee empfanger empfaenger destinatario destinataire ontvanger получатель 接收方 接收 受信者 수신',
  sent: 'sent created creation prepared preparation generated issue issued issuance issuing erstellt emision emission creado cree dispatch dispatched 发送 作成 생성 отправлено',
  next: 'next nextupdate nachste naechste proximo prochain prossimo due 下次 次回 다음 следующее',
  sequence:
    'sequence seq sequential serial running consecutive laufende secuencia sequenza control 批次 序号 順番 순번 порядковый',
  count: 'count total totals records quantity size anzahl cantidad conteo totale количество 数量 总数 件数 건수',
  epoch: 'epoch generation',
  chain: 'chain',
  root: 'root hash digest checksum',
  previous: 'previous prev prior last',
  part: 'part page segment teil parte partie seite pagina часть 页',
  of: 'of parts pages',
  gone: 'departed departure departures removed removal removals deleted deletion deletions revoked revocation revocations withdrawn withdrawal withdrawals cancelled cancellation cancellations left dropped terminated bajas geloscht radiation 注销 撤销 削除 취소',
  version: 'version release schema format profile layout 版本 버전 версия',
  refused: 'refused rejected rejections failed errors abgelehnt rechazados rejetes 拒绝',
  taken: 'taken accepted applied processed ok angenommen aceptados acceptes 接受',
  fault: 'fault error fehler erreur errore ошибка 错误',
  detail: 'detail details text description message explanation note remark beschreibung descripcion 说明',
  subject: 'subject reply inreplyto replyto responseto regarding original related referred bezug respuesta',
};

/** Words that join others and say nothing. */
const fillers = new Set([
  'the',
  'de',
  'del',
  'der',
  'des',
  'du',
  'la',
  'le',
  'el',
  'and',
  'y',
  'und',
  'et',
  'i',
  'a',
  'at',
  'on',
  'in',
  'xml',
  'element',
  'value',
  'val',
  'field',
]);

const folded: ReadonlyMap<string, readonly string[]> = foldedWords();

// One word may mean two things (`from`: sender, or first day): the phrases below decide with the words beside it.
function foldedWords(): Map<string, string[]> {
  const words = new Map<string, string[]>();
  for (const [word, others] of Object.entries(vocabulary))
    for (const other of others.split(' ')) words.set(other, [...(words.get(other) ?? []), word]);
  return words;
}

/** The words of a name, each with everything it may mean: `DateFrom`, `date_from` and `datefrom` are the same. */
export function wordsOf(name: string): readonly (readonly string[])[] {
  const plain = name
    .normalize('NFD')
    .replaceAll(/[\u0300-\u036f]/gu, '')
    .normalize('NFC');
  const spaced = plain.replaceAll(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2').replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2');
  const tokens = spaced
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((token) => token !== '' && !fillers.has(token));
  return tokens.flatMap(segments).map((token) => folded.get(token) ?? [token]);
}

/** A word written together, taken apart where all its parts are known: `validfrom`, 企业名称. */
function segments(token: string): readonly string[] {
  if (folded.has(token)) return [token];
  // One or several of a thing are one thing here.
  const single = ['s', 'es', 'en', 'n', 'e'].find(
    (end) => token.endsWith(end) && folded.has(token.slice(0, -end.length)),
  );
  if (single !== undefined) return [token.slice(0, -single.length)];
  for (let length = token.length - 1; length >= 1; length -= 1) {
    const head = token.slice(0, length);
    if (!folded.has(head) || (length < 2 && /^[a-z]/u.test(head))) continue;
    const rest = segments(token.slice(length));
    if (rest.every((word) => folded.has(word))) return [head, ...rest];
  }
  return [token];
}

/** Phrases in the folded words; the first of a field are the plainest. A phrase in a name may stand in another order. */
const phrases: Readonly<Record<string, readonly string[]>> = {
  identifier: ['operator no', 'operator id', 'operator no id', 'id no', 'id', 'no', 'tin', 'eori', 'operator'],
  'name.latin': ['name latin', 'operator name', 'trading name', 'legal name', 'name'],
  'name.local': ['name local', 'operator name', 'trading name', 'legal name', 'name'],
  'address.latin': ['address latin', 'street latin', 'address', 'address street', 'street'],
  'address.local': ['address local', 'street local', 'address', 'address street', 'street'],
  'address.city': ['city', 'address city'],
  'address.postcode': ['postcode', 'postcode id', 'post id', 'address postcode', 'address post id', 'post no'],
  grade: ['grade', 'operator grade', 'grade id', 'operator type', 'grade type', 'type', 'type id'],
  status: ['status', 'operator status', 'grade status', 'status id', 'valid status'],
  statusSince: ['status date', 'status from', 'status since', 'since date', 'since', 'date since', 'status from date'],
  validFrom: [
    'valid from',
    'date from',
    'from date',
    'operator from',
    'from',
    'valid date from',
    'grade from',
    'sent date',
    'operator date',
    'date sent',
  ],
  validTo: ['valid to', 'date to', 'to date', 'to', 'valid date to', 'operator to', 'grade to'],
  roles: ['role', 'operator role', 'role id', 'role type', 'operator type', 'type id', 'type'],
  reason: ['reason', 'reason id', 'gone reason', 'type', 'status'],
  since: ['since', 'gone date', 'gone since', 'since date', 'from', 'from date', 'date from', 'date', 'gone'],
  'message.kind': [
    'list type',
    'message type',
    'type',
    'role',
    'message role',
    'role id',
    'type id',
    'since type',
    'since',
  ],
  'message.id': [
    'message id',
    'message no',
    'id message',
    'list id',
    'message',
    'id',
    'id no',
    'message id no',
    'list no',
  ],
  'message.from': ['sender', 'sender id', 'message sender', 'sender operator'],
  'message.to': ['receiver', 'receiver id', 'message receiver'],
  'message.issuedAt': [
    'sent time',
    'sent',
    'message time',
    'sent date',
    'sent date time',
    'date time',
    'time',
    'message date',
    'date',
    'message sent time',
    'list date',
    'from date time',
    'sent from',
  ],
  'message.nextBy': [
    'next',
    'next sent',
    'next since',
    'next list',
    'next date',
    'next message',
    'next time',
    'next since date',
    'next list date',
    'valid to',
  ],
  'message.position.epoch.no': ['epoch no', 'epoch'],
  'message.position.epoch.id': ['epoch id', 'epoch'],
  'message.position.sequence': [
    'sequence',
    'sequence no',
    'message sequence',
    'list no',
    'message sequence no',
    'list sequence',
    'message no',
    'no',
  ],
  'message.position.chain': ['chain'],
  'message.position.root': ['root', 'list root'],
  'message.position.count': [
    'count',
    'operator count',
    'no of operator',
    'count operator',
    'list count',
    'no operator',
    'count no',
  ],
  'message.previousChain': ['previous chain', 'previous root', 'previous'],
  'message.part.no': ['part', 'part no'],
  'message.part.of': ['of', 'part count', 'count part', 'part of'],
  'message.subject': [
    'subject',
    'subject to',
    'subject to id',
    'subject id',
    'list id',
    'subject message',
    'subject message id',
    'message id',
    'id',
  ],
  'message.taken': ['taken', 'taken count', 'count taken'],
  'message.refused': ['refused', 'refused count', 'count refused', 'fault count'],
  code: ['fault id', 'fault', 'fault no', 'reason', 'reason id', 'id'],
  detail: ['detail', 'fault detail', 'reason detail', 'fault message', 'message'],
  departures: ['gone', 'operator gone', 'gone operator', 'gone list'],
  records: ['operator', 'operator list', 'list', 'member', 'record'],
  results: ['refused', 'fault', 'result', 'refused operator', 'detail'],
  fixed: ['version', 'message version', 'message type', 'message name', 'type', 'name', 'list version'],
};

/**
 * How well a name says that it is the field: 3 it names it, 2 it names it with the name of what it stands in, 1 it holds
 * such a phrase, 0 nothing of it. Later phrases of a field are weaker by up to a half.
 */
export function nameScore(path: string, own: string, around = ''): number {
  const words = wordsOf(own);
  const both = [...wordsOf(around), ...words];
  let best = 0;
  for (const [i, phrase] of (phrases[path] ?? []).entries()) {
    const wanted = phrase.split(' ');
    const weight = 1 - (0.5 * i) / (phrases[path]?.length ?? 1);
    if (covers(words, wanted) && words.length === wanted.length) best = Math.max(best, 3 * weight);
    else if (covers(both, wanted) && both.length === wanted.length) best = Math.max(best, 2.6 * weight);
    else if (wanted.length > 1 && covers(both, wanted)) best = Math.max(best, 2 * weight);
    else if (covers(words, wanted)) best = Math.max(best, 1.2 * weight);
  }
  return best;
}

/** Every word wanted is one of the name's, each used once. */
function covers(words: readonly (readonly string[])[], wanted: readonly string[]): boolean {
  const free = [...words];
  return wanted.every((word) => {
    const index = free.findIndex((meanings) => meanings.includes(word));
    if (index >= 0) free.splice(index, 1);
    return index >= 0;
  });
}
