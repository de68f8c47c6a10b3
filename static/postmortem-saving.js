/* The document of a post-mortem, saved by itself. Nothing that was typed is dropped: it is kept in this browser
   before it is sent, sent until it has arrived, and offered again where a visit ended before that.
   `base` is always the version whose text this page holds, so that the server can merge what others saved meanwhile.
   The page works without this file: the form saves, and leads to a page where two texts conflict.
   1 Asking  2 Keeping  3 State  4 Sending  5 What others wrote  6 Left over  7 Other tabs  8 Events */
(() => {
  const doc = document.getElementById('doc');
  if (!doc) return;
  const form = doc.form;
  const LIMIT = 2_500_000, BEACON = 50_000, IDLE = 1200, LONGEST_WAIT = 8000, TIMEOUT = 45_000;
  const saveAddress = form.getAttribute('action'); /* its buttons are called action, too */
  const $ = id => document.getElementById(id);
  /* Not crypto.randomUUID, which is there on HTTPS alone */
  const uuid = () => '10000000-1000-4000-8000-100000000000'.replace(/[018]/g, c =>
    (c ^ crypto.getRandomValues(new Uint8Array(1))[0] & 15 >> c / 4).toString(16));
  const size = words => (words.length > LIMIT / 4 ? new Blob([words]).size : 0);
  const text = () => doc.value.replaceAll('\0', '');

  /* A browser may have put back what was typed on an earlier visit, under the version of this one */
  if (doc.value !== doc.defaultValue && !form.querySelector('[aria-invalid]')) doc.value = doc.defaultValue;

  let base = Number(doc.dataset.number);
  let known = $('autosave').textContent.includes('Not saved') ? null : doc.value; /* what the server has of this page's text */
  let touched = known === null, pending = null, busy = false, failures = 0, timer, since = 0;

  /* ===== 1. Asking the server ===== */
  let token = form.elements.csrfmiddlewaretoken.value;
  const ask = async (url, fields) => {
    const options = { headers: { Accept: 'application/json', 'HX-Request': 'true' }, signal: AbortSignal.timeout(TIMEOUT), credentials: 'same-origin' };
    if (fields) {
      const body = new FormData();
      for (const [name, value] of Object.entries(fields)) body.append(name, value);
      Object.assign(options, { method: 'POST', body });
      options.headers['X-CSRFToken'] = token;
    }
    const answer = await fetch(url, options);
    const is = (answer.headers.get('Content-Type') || '').includes('json');
    return { status: answer.status, told: is ? await answer.json() : null, answer };
  };
  const latest = async (held, key) => {
    const found = await ask(`${doc.dataset.latest}?${new URLSearchParams({ held, key: key || '' })}`);
    if (found.told?.csrf) {
      token = found.told.csrf;
      for (const input of document.querySelectorAll('[name="csrfmiddlewaretoken"]')) input.value = token;
      document.body.setAttribute('hx-headers', JSON.stringify({ 'X-CSRFToken': token }));
    }
    return found;
  };

  /* ===== 2. Keeping it in this browser: one record a tab, gone once the server has it ===== */
  const me = document.body.dataset.user;
  const prefix = `document:${me}:${doc.dataset.document}:`;
  const mine = prefix + uuid();
  const database = () => new Promise((done, fail) => {
    const asked = indexedDB.open('allclear-documents', 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore('kept');
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => fail(asked.error);
  });
  const inDatabase = async (mode, act) => {
    const opened = await database();
    try {
      return await new Promise((done, fail) => {
        const asked = act(opened.transaction('kept', mode).objectStore('kept'));
        asked.onsuccess = () => done(asked.result);
        asked.onerror = () => fail(asked.error);
      });
    } finally { opened.close(); }
  };
  let isKept = true, overflowed = false;
  const keep = () => {
    const words = text();
    if (words === known && !pending) return;
    const record = JSON.stringify({ text: words, base: pending ? pending.base : base, key: pending?.key, whole: pending?.text === words, at: Date.now() });
    try { localStorage.setItem(mine, record); isKept = true; }
    catch { /* full, or refused: the larger store has room, but answers later */
      overflowed = true;
      try { localStorage.removeItem(mine); } catch { /* refused */ }
      inDatabase('readwrite', kept => kept.put(record, mine)).then(() => { isKept = true; }, () => { isKept = false; });
    }
  };
  const drop = async key => {
    try { localStorage.removeItem(key); } catch { /* nothing was kept */ }
    if (overflowed || key !== mine) try { await inDatabase('readwrite', kept => kept.delete(key)); } catch { /* nothing was kept */ }
  };
  const allKept = async () => {
    const found = {};
    try { for (const key of Object.keys(localStorage)) if (key.startsWith(prefix)) found[key] = localStorage.getItem(key); } catch { /* refused */ }
    try {
      const [keys, values] = await Promise.all([inDatabase('readonly', k => k.getAllKeys()), inDatabase('readonly', k => k.getAll())]);
      keys.forEach((key, n) => { if (key.startsWith(prefix)) found[key] = values[n]; });
    } catch { /* none there */ }
    const parsed = Object.entries(found).map(([key, record]) => { try { return { name: key, ...JSON.parse(record) }; } catch { return null; } });
    return parsed.filter(r => r && typeof r.text === 'string').sort((a, b) => a.at - b.at);
  };

  /* ===== 3. State: said at the top of the page, and aloud where it matters ===== */
  const icons = { writing: 'i-edit', saved: 'i-check', saving: 'i-clock', offline: 'i-off', conflict: 'i-fork', stopped: 'i-alert' };
  let shown = ''; /* the last state that stays */
  const quiet = state => ['writing', 'saved', 'saving'].includes(state);
  const show = (state, words, more) => {
    const place = $('autosave');
    place.dataset.state = state;
    place.querySelector('use').setAttribute('href', `#${icons[state]}`);
    place.querySelector('span').replaceChildren(words, ...(more ? [' ', more] : []));
    if (quiet(state)) { if (state === 'saved') { if (shown && !quiet(shown)) $('announce').textContent = words; shown = state; } }
    else { if (state !== shown) $('announce').textContent = words; shown = state; }
  };
  const keptHere = () => (isKept ? 'kept in this browser' : 'not kept: this browser’s storage is full or off. Copy your text');
  const link = (words, href) => Object.assign(document.createElement('a'), { textContent: words, href, target: '_blank', rel: 'noopener' });
  const tell = told => { /* what the answer says of the page around the text */
    $('number').textContent = told.number;
    if (told.written) $('written').textContent = told.written;
    $('edited-since').hidden = !told.edited_since;
  };
  const hold = (number, words) => {
    base = number; known = words;
    doc.dataset.number = number;
    form.elements.base.value = number;
    form.elements.key.value = uuid();
  };

  /* ===== 4. Sending: one save at a time, the same one until it has arrived ===== */
  const plan = wait => {
    clearTimeout(timer);
    const slow = Math.min(30_000, doc.value.length / 100); /* a long document is not sent at every pause */
    const most = Math.max(0, (since || Date.now()) + LONGEST_WAIT + slow - Date.now());
    timer = setTimeout(send, wait ?? Math.min(IDLE + slow, most));
  };
  const retry = () => { failures += 1; plan(Math.min(30_000, 1000 * 2 ** Math.min(failures, 5))); };

  const send = async () => {
    clearTimeout(timer);
    if (busy) return;
    if (!pending) {
      const words = text();
      touched = words !== known;
      if (!touched) { since = 0; await drop(mine); if (shown !== 'conflict') show('saved', 'Saved'); return; }
      if (size(words) > LIMIT) { keep(); show('stopped', `Too long to save: ${(size(words) / 1e6).toFixed(2)} MB of 2.5 MB; ${keptHere()}`); return; }
      pending = { text: words, base, key: uuid() };
    }
    busy = true; since = 0;
    keep();
    if (shown !== 'conflict') show('saving', 'Saving…');
    try { await answered(await ask(saveAddress, pending)); }
    catch { keep(); show('offline', `Offline: ${keptHere()}`); retry(); }
    busy = false;
  };

  const answered = async ({ status, told }) => {
    if (told?.outcome) return took(told);
    if (status === 401) return signedOut();
    if (status === 403) return forbidden();
    if (status >= 500 || status === 429) { show('offline', `The server could not save it: ${keptHere()}`); return retry(); }
    pending = null; /* it will never go through as it is */
    keep();
    const why = told?.error || (status === 404 ? 'Not saved: this document is not there any more, or you have no access to it;' : 'Not saved:');
    show('stopped', `${why} ${keptHere()}`);
  };
  const signedOut = () => {
    show('offline', `Signed out: ${keptHere()}.`, link('Sign in in another tab', doc.dataset.signIn));
    plan(5000);
  };
  /* A token goes void when its owner signs in anew; somebody else's session must not save this text as theirs. */
  let renewed = false;
  const forbidden = async () => {
    const { status, told } = await latest(base);
    if (status === 401) return signedOut();
    if (told && String(told.user) === me && !renewed) { renewed = true; return plan(0); }
    show('stopped', told && String(told.user) !== me ? `Signed in as somebody else: ${keptHere()}` : `You may not write here any more: ${keptHere()}`);
    return plan(15_000);
  };

  const took = async told => {
    const sent = pending, same = text() === sent.text;
    pending = null; failures = 0; renewed = false;
    tell(told);
    if (told.outcome === 'conflict') { hold(told.held, sent.text); conflict(told.conflict); }
    else {
      if (same && told.text !== undefined) { replace(told.text); hold(told.number, told.text); }
      else hold(told.held, sent.text);
      $('conflict').replaceChildren();
      show('saved', told.outcome === 'merged' ? `Merged with what others wrote ${told.at}` : `Saved ${told.at}`);
    }
    if (text() === known) { touched = false; await drop(mine); } else { touched = true; keep(); plan(); }
    document.body.dispatchEvent(new CustomEvent('document-saved'));
    tabs?.postMessage({ from: mine, saved: told.number });
  };
  const conflict = html => {
    $('conflict').innerHTML = html;
    show('conflict', 'In conflict: your text is kept beside the document');
  };

  /* ===== 5. What others wrote, taken in where nothing of one's own waits; the caret stays in its line ===== */
  const replace = next => {
    const old = doc.value;
    if (old === next) return;
    const { selectionStart, selectionEnd, scrollTop } = doc;
    let head = 0, tail = 0;
    const most = Math.min(old.length, next.length);
    while (head < most && old[head] === next[head]) head++;
    while (tail < most - head && old.at(-1 - tail) === next.at(-1 - tail)) tail++;
    const at = place(old, next, head, tail);
    const [from, to] = [at(selectionStart), at(selectionEnd)];
    doc.value = next;
    doc.setSelectionRange(from, to);
    doc.scrollTop = scrollTop + (rows(next, from) - rows(old, selectionStart)) * (parseFloat(getComputedStyle(doc).lineHeight) || 24);
    doc.dispatchEvent(new CustomEvent('document-replaced', { bubbles: true }));
  };
  const rows = (words, end) => words.slice(0, end).split('\n').length - 1;
  /* Where a position went: beside what changed it is counted, within it the same line is looked for nearby. */
  const place = (old, next, head, tail) => position => {
    if (position <= head) return position;
    if (position >= old.length - tail) return position + next.length - old.length;
    const start = old.lastIndexOf('\n', position - 1) + 1, end = old.indexOf('\n', position);
    const line = old.slice(start, end < 0 ? undefined : end);
    const around = [...next.slice(0, next.length - tail).matchAll(/[^\n]+/g)].filter(found => found[0] === line);
    const near = around.sort((a, b) => Math.abs(a.index - start) - Math.abs(b.index - start))[0];
    return near ? near.index + position - start : Math.min(head, next.length);
  };

  let asking = false;
  const look = async () => {
    if (asking || busy || pending || document.hidden || !navigator.onLine || text() !== known || shown === 'conflict') return;
    asking = true;
    try {
      const { told } = await latest(base);
      if (!told || text() !== known || busy || pending) return;
      tell(told);
      if (told.text !== undefined) { replace(told.text); hold(told.number, told.text); show('saved', `Version ${told.number} by ${told.by || 'Allclear'}`); }
      if (['offline', 'stopped'].includes(shown)) show('saved', 'Saved');
    } catch { /* asked again soon */ } finally { asking = false; }
  };
  setInterval(look, 10_000);

  /* ===== 6. Left over from a visit that ended before the server had it ===== */
  const kept = $('kept');
  let leftover = [];
  const offer = () => {
    const last = leftover.at(-1);
    kept.hidden = !last;
    if (!last) return;
    $('kept-when').textContent = `From ${new Date(last.at).toLocaleString()}, written from version ${last.base}.`;
    kept.querySelector('pre').textContent = last.text.slice(0, 200_000);
  };
  const recover = async alive => {
    const found = (await allKept()).filter(r => r.name !== mine && !alive.has(r.name));
    for (const record of found) {
      let arrived = null;
      if (record.key) try { arrived = (await latest(record.base, record.key)).told?.arrived ?? null; } catch { /* offered as it is */ }
      if (arrived !== null) record.base = arrived;
      if ((arrived !== null && record.whole) || record.text === known) await drop(record.name);
      else leftover.push(record);
    }
    offer();
  };
  kept?.addEventListener('click', async e => {
    const what = e.target.closest('[data-kept]')?.dataset.kept, record = leftover.at(-1);
    if (!what || !record) return;
    if (what === 'save') {
      try {
        const { told } = await ask(saveAddress, { text: record.text, base: record.base, key: uuid() });
        if (!told?.outcome) { $('kept-when').textContent = `${told?.error || 'It could not be saved.'} It stays kept here.`; return; }
        tell(told);
        if (told.outcome === 'conflict') $('conflict').innerHTML = told.conflict;
        document.body.dispatchEvent(new CustomEvent('document-saved'));
      } catch { $('kept-when').textContent = 'The server cannot be reached. It stays kept here.'; return; }
    }
    await drop(record.name);
    leftover = leftover.filter(r => r !== record);
    offer();
    await look();
    doc.focus();
  });

  /* ===== 7. The same document in another tab of this browser ===== */
  const tabs = 'BroadcastChannel' in window ? new BroadcastChannel(prefix) : null;
  const others = new Set();
  const note = () => { $('elsewhere').hidden = !others.size; };
  if (tabs) {
    tabs.onmessage = ({ data }) => {
      if (data.left) others.delete(data.from); else others.add(data.from);
      if (data.hello) tabs.postMessage({ from: mine });
      if (data.saved) look();
      note();
    };
    tabs.postMessage({ from: mine, hello: true });
  }
  setTimeout(() => recover(others), tabs ? 400 : 0);

  /* ===== 8. Events ===== */
  let keeping;
  doc.addEventListener('input', () => {
    touched = true;
    since ||= Date.now();
    if (quiet(shown) || !shown) show('writing', 'Not saved yet');
    clearTimeout(keeping);
    keeping = setTimeout(keep, 300 + doc.value.length / 2000);
    if (!failures) plan();
  });
  form.addEventListener('submit', e => { e.preventDefault(); failures = 0; if (text() === known && !pending) show('saved', 'Saved'); send(); });
  addEventListener('online', () => { failures = 0; plan(0); });
  addEventListener('offline', () => { if (touched || pending) { keep(); show('offline', `Offline: ${keptHere()}`); } });
  addEventListener('focus', () => { if (failures || pending || shown === 'offline') { failures = 0; plan(0); } else look(); });
  document.addEventListener('visibilitychange', () => { if (document.hidden) { if (touched) { keep(); if (!failures) send(); } } else look(); });
  addEventListener('pagehide', () => {
    tabs?.postMessage({ from: mine, left: true });
    if (!touched && !pending) return;
    const words = text();
    if (!pending && words !== known && size(words) <= LIMIT) pending = { text: words, base, key: uuid() };
    keep();
    if (!pending || pending.text.length > BEACON || pending.text !== words) return;
    const body = new FormData();
    for (const [name, value] of Object.entries({ ...pending, csrfmiddlewaretoken: token })) body.append(name, value);
    navigator.sendBeacon(saveAddress, body);
  });
  addEventListener('pageshow', e => { if (e.persisted) { tabs?.postMessage({ from: mine, hello: true }); plan(0); look(); } });
  addEventListener('beforeunload', e => { if (touched && !isKept) e.preventDefault(); });
  if (known === null) { keep(); }

  window.allclearDocument = { ask, save: () => { failures = 0; return send(); } };
})();
