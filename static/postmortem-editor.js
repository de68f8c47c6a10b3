/* The editor of a post-mortem: toolbar and keys, what of the record goes into the text, pictures, preview.
   Saving is in postmortem-saving.js. The page works without either. */
(() => {
  const doc = document.getElementById('doc');
  if (!doc) return;
  const { ask, save } = window.allclearDocument;
  const say = words => { document.getElementById('doc-note').textContent = words; };

  /* ===== Changing the text, so that undo knows of it ===== */
  const insert = (words, from = doc.selectionStart, to = doc.selectionEnd) => {
    doc.focus();
    doc.setSelectionRange(from, to);
    if (words === '' ? document.execCommand('delete') : document.execCommand('insertText', false, words)) return;
    doc.setRangeText(words, from, to, 'end');
    doc.dispatchEvent(new Event('input', { bubbles: true }));
  };
  /* At the cursor, on lines of its own; what is selected stays */
  const insertLines = words => {
    const at = doc.selectionEnd, before = doc.value.slice(0, at), after = doc.value.slice(at);
    insert(`${before && !before.endsWith('\n') ? '\n' : ''}${words}${after.startsWith('\n') ? '' : '\n'}`, at, at);
  };
  const lines = () => {
    const from = doc.value.lastIndexOf('\n', doc.selectionStart - 1) + 1;
    const end = doc.value.indexOf('\n', Math.max(doc.selectionEnd - (doc.selectionEnd > doc.selectionStart), from));
    const to = end < 0 ? doc.value.length : end;
    return { from, to, words: doc.value.slice(from, to) };
  };
  const wrap = (mark, end = mark, placeholder = '') => {
    const { selectionStart: from, selectionEnd: to, value } = doc;
    const chosen = value.slice(from, to);
    if (chosen && value.slice(from - mark.length, from) === mark && value.slice(to, to + end.length) === end) {
      insert(chosen, from - mark.length, to + end.length);
      doc.setSelectionRange(from - mark.length, to - mark.length);
      return;
    }
    const inner = chosen || placeholder;
    insert(mark + inner + end);
    doc.setSelectionRange(from + mark.length, from + mark.length + inner.length);
  };
  const everyLine = change => {
    const { from, to, words } = lines();
    const changed = words.split('\n').map(change).join('\n');
    insert(changed, from, to);
    doc.setSelectionRange(from + changed.length - (words ? 0 : 0), from + changed.length);
  };
  const toggle = mark => {
    const all = lines().words.split('\n').every(line => line.startsWith(mark));
    everyLine(line => (all ? line.slice(mark.length) : line.startsWith(mark) ? line : mark + line));
  };
  const deeper = line => { /* none, ##, ###, ####, none */
    const now = /^#{1,6} /.exec(line)?.[0].length - 1 || 0;
    return (now >= 4 ? '' : `${'#'.repeat(Math.max(2, now + 1))} `) + line.replace(/^#{1,6} /, '');
  };
  const code = () => (doc.value.slice(doc.selectionStart, doc.selectionEnd).includes('\n') ? wrap('```\n', '\n```') : wrap('`'));
  const link = () => {
    const chosen = doc.value.slice(doc.selectionStart, doc.selectionEnd);
    if (/^https?:\/\/\S+$/.test(chosen)) { insert(`[](${chosen})`); doc.setSelectionRange(doc.selectionStart - chosen.length - 3, doc.selectionStart - chosen.length - 3); return; }
    wrap('[', '](https://)', 'words');
  };
  const table = () => insertLines('\n| What | Who | When |\n|------|-----|------|\n|      |     |      |\n');

  /* An action item of this line: it is made at once, and the line becomes a reference to it */
  const item = async () => {
    if (!doc.dataset.line) return;
    const { from, to, words } = lines();
    if (!words.trim()) { say('Put the cursor in a line that says what is to be done.'); return; }
    say('Making the action item…');
    let answer;
    try { answer = await ask(doc.dataset.line, { line: words }); }
    catch { say('No action item was made: the server cannot be reached. Try again.'); return; }
    const { status, told } = answer;
    if (status >= 300 || !told?.markdown) { say(problem(told) || 'No action item was made. Try again.'); return; }
    const made = (/^\s*(?:[-*+]|\d{1,4}[.)]) /.exec(words)?.[0] || '') + told.markdown; /* an item of a list stays one */
    const at = doc.value.slice(from, to) === words ? from : doc.value.indexOf(words);
    if (at >= 0) insert(made, at, at + words.length); else insertLines(made);
    say(`Action item made: ${told.title || ''}`);
    last = null; /* the preview may show a table of them */
    later();
    htmx.ajax('GET', location.pathname, { target: '#action-items', select: '#action-items', swap: 'outerHTML' });
    save();
  };
  const problem = told => {
    const all = told?.errors ?? told?.error ?? '';
    return typeof all === 'string' ? all : Object.values(all).flat().map(e => e?.message || e).join(' ');
  };

  const open = name => {
    const menu = document.querySelector(`[data-insert="${name}"]`);
    menu.open = true;
    menu.querySelector('summary').focus();
  };
  const acts = {
    heading: () => everyLine(deeper), bold: () => wrap('**', '**', 'bold'), italic: () => wrap('_', '_', 'italic'),
    list: () => toggle('- '), quote: () => toggle('> '), code, link, table, item, save,
    events: () => open('events'), fields: () => open('fields'),
  };
  const WITH_CONTROL = { KeyB: 'bold', KeyI: 'italic', KeyE: 'code', KeyK: 'link', KeyS: 'save' };
  const WITH_ALT = { KeyH: 'heading', KeyL: 'list', KeyQ: 'quote', KeyT: 'table', KeyA: 'item', KeyE: 'events', KeyR: 'fields' };
  const MAC = /Mac|iPhone|iPad/.test(navigator.platform);
  /* On a Mac Alt types letters, and elsewhere AltGr comes as Control and Alt together */
  const command = e => (MAC ? e.metaKey && !e.ctrlKey : e.ctrlKey && !e.metaKey) && !e.altKey && !e.shiftKey;
  const alternate = e => e.altKey && e.ctrlKey === MAC && !e.metaKey && !e.shiftKey;

  document.addEventListener('keydown', e => {
    const name = command(e) ? WITH_CONTROL[e.code] : alternate(e) ? WITH_ALT[e.code] : '';
    const anywhere = ['save', 'events', 'fields'].includes(name);
    if (!name || (e.target !== doc && !(anywhere && e.target.closest('.editor, body')))) return;
    e.preventDefault();
    acts[name]();
  });
  doc.addEventListener('keydown', e => { /* a list goes on; an empty item ends it */
    if (e.key !== 'Enter' || e.shiftKey || e.isComposing || doc.selectionStart !== doc.selectionEnd) return;
    const { from, words } = lines();
    const found = /^(\s*)([-*+]|(\d{1,4})([.)])) (\[[ xX]\] )?/.exec(words);
    if (!found || doc.selectionStart < from + found[0].length) return;
    e.preventDefault();
    if (words === found[0]) { insert('', from, from + words.length); return; }
    insert(`\n${found[1]}${found[3] ? Number(found[3]) + 1 + found[4] : found[2]} ${found[5] ? '[ ] ' : ''}`);
  });
  document.addEventListener('click', e => {
    const name = e.target.closest('[data-do]')?.dataset.do;
    if (name) acts[name]?.();
  });

  /* ===== Of the record, at the cursor ===== */
  for (const menu of document.querySelectorAll('details[data-insert]')) {
    menu.hidden = false;
    menu.addEventListener('toggle', () => {
      if (!menu.open) return;
      htmx.trigger(menu.querySelector('div'), 'open');
    });
  }
  document.addEventListener('click', e => {
    const field = e.target.closest('.fields [data-words]');
    if (field) { insert(field.dataset.words, doc.selectionEnd, doc.selectionEnd); field.closest('details').open = false; }
    const chosen = e.target.closest('[data-insert-chosen]')?.closest('[data-inserts]');
    if (!chosen) return;
    const as = chosen.querySelector('[data-with-links]').checked ? 'linked' : 'words';
    const boxes = [...chosen.querySelectorAll('[data-words]:checked')];
    if (!boxes.length) return;
    chosen.closest('details').open = false;
    insertLines(boxes.map(box => box.dataset[as]).join('\n'));
  });
  document.querySelector('.tools').hidden = false;

  /* ===== Pictures: sent at once, shown where they were put ===== */
  const IMAGES = /^image\//;
  let pictures = 0;
  const add = async file => {
    const mark = `![Uploading ${file.name || 'picture'} ${++pictures}…]()`;
    insertLines(mark);
    const put = words => {
      const at = doc.value.indexOf(mark);
      if (at < 0) { if (words) insertLines(words); return; }
      const caret = doc.selectionStart;
      insert(words, at, at + mark.length);
      if (caret < at || caret > at + mark.length) { const moved = caret > at ? caret + words.length - mark.length : caret; doc.setSelectionRange(moved, moved); }
    };
    if (file.size > 10_000_000) { put(''); say(`${file.name} is ${(file.size / 1e6).toFixed(1)} MB; 10 MB is the most.`); return; }
    say(`Sending ${file.name || 'the picture'}…`);
    try {
      const { status, told } = await ask(doc.dataset.picture, { picture: file });
      if (status === 201) { put(told.markdown); say('The picture is in the text. Say in its brackets what it shows.'); return; }
      put('');
      say(told?.error || (status === 401 ? 'Your session has ended. Sign in in another tab, then add the picture again.' : 'The picture could not be kept. Try again.'));
    } catch { put(''); say('The picture could not be sent: the server cannot be reached. Add it again when you are connected.'); }
  };
  const addAll = async files => { for (const file of files) await add(file); };
  const images = data => [...(data?.files || [])].filter(file => IMAGES.test(file.type));
  doc.addEventListener('paste', e => {
    const found = images(e.clipboardData);
    if (!found.length || e.clipboardData.types.includes('text/plain')) return; /* a cell of a spreadsheet is text first */
    e.preventDefault();
    addAll(found);
  });
  doc.addEventListener('dragover', e => { if (e.dataTransfer.types.includes('Files')) e.preventDefault(); });
  doc.addEventListener('drop', e => {
    if (!e.dataTransfer.files.length) return;
    e.preventDefault();
    const found = images(e.dataTransfer);
    if (!found.length) say('Only pictures can be dropped here: PNG, JPEG or WebP.');
    addAll(found);
  });
  const chooser = document.getElementById('picture');
  chooser.addEventListener('change', async () => { const files = [...chooser.files]; chooser.value = ''; await addAll(files); });

  /* ===== Preview: 400 ms after the last letter, one at a time; a long document at its own pace ===== */
  const preview = document.getElementById('preview');
  let last = preview.querySelector(':scope > p.meta:only-child') ? null : doc.value, timer, running = false, took = 0;
  const later = () => { clearTimeout(timer); timer = setTimeout(render, Math.max(400, 2 * took)); };
  const render = async () => {
    const words = doc.value;
    if (running || words === last) return;
    running = true;
    const began = performance.now();
    try {
      const { answer } = await ask(doc.dataset.preview, { text: words });
      if (answer.ok || answer.status === 422) {
        const top = preview.scrollTop;
        preview.innerHTML = await answer.text();
        preview.scrollTop = top;
        last = words;
      }
    } catch { /* the next letter tries again */ }
    took = performance.now() - began;
    running = false;
    if (doc.value !== words) later();
  };
  doc.addEventListener('input', later);
  doc.addEventListener('document-replaced', later);
  addEventListener('online', later);
  if (last === null) render();
})();
