/* Allclear: the stream of a room or of the board, kept alive.
   htmx's extension asks for an EventSource and gets a LiveSource, which looks the same and
   - takes silence for a broken stream (a proxy may hold it open and pass on nothing),
   - comes back by itself, with what it last knew, so that nothing is missing,
   - asks again and again while no stream comes through, and hands on the answers as if they had been pushed,
   - lets go in a page that nobody looks at, for a browser has few connections,
   - says how it is by the event allclear:live: live, reconnecting, offline. */
(() => {
  const SILENCE = 45000;  /* three heartbeats of the server; all in ms */
  const FIRST = 6000;     /* from opening a stream to its first word */
  const POLL = 3000;      /* between two questions while there is no stream */
  const SOONEST = 1000, LATEST = 30000; /* between two tries to open it */
  const UNSEEN = 60000;   /* how long a hidden page keeps its stream */
  const jitter = ms => ms * (0.5 + Math.random());
  const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

  class LiveSource extends EventTarget {
    constructor(url) {
      super();
      this.url = new URL(url, location.href);
      this.known = this.url.searchParams.get('after') || '0';
      this.names = new Set(['hb', 'bye', 'again']);
      this.readyState = EventSource.CONNECTING;
      this.tries = 0;
      this.timers = {};
      this.gone = new AbortController();
      const on = (target, name, what) => target.addEventListener(name, what, { signal: this.gone.signal });
      on(window, 'offline', () => this.lost());
      on(window, 'online', () => this.now());
      on(window, 'pageshow', e => { if (e.persisted) this.now(); });
      on(document, 'visibilitychange', () => this.seen());
      on(document, 'allclear:retry', () => this.now());
      this.connect();
    }

    /* One timer of each name */
    after(name, ms, what) {
      clearTimeout(this.timers[name]);
      this.timers[name] = what && setTimeout(() => { this.timers[name] = 0; what(); }, ms);
    }

    addEventListener(name, listener, options) {
      super.addEventListener(name, listener, options);
      if (this.names.has(name)) return;
      this.names.add(name);
      this.forward(name);
    }

    forward(name) {
      this.stream?.addEventListener(name, e => { if (e.target === this.stream) this.heard(name, e); });
    }

    connect() {
      this.drop();
      if (this.readyState === EventSource.CLOSED || this.crowded) return;
      this.url.searchParams.set('after', this.known);
      this.stream = new EventSource(this.url, { withCredentials: true });
      this.stream.onerror = () => this.lost();
      for (const name of this.names) this.forward(name);
      this.after('silence', FIRST, () => this.lost());
      if (this.readyState === EventSource.CONNECTING) this.ask();
    }

    drop() {
      this.stream?.close();
      this.stream = null;
      this.after('silence');
      this.after('retry');
    }

    /* At once, whatever was planned */
    now() {
      this.tries = 0;
      this.paused = false;
      this.connect();
      if (this.readyState === EventSource.CONNECTING) this.poll();
    }

    heard(name, e) {
      /* The last event of a batch brings the number: whoever has that one has all of them. */
      if (e.lastEventId) this.known = e.lastEventId;
      if (name === 'bye') return this.end(e.data);
      if (name === 'again') { this.drop(); return this.after('retry', jitter(200), () => this.connect()); }
      this.after('silence', SILENCE, () => this.lost());
      this.after('poll');
      this.tries = 0;
      this.etag = null; /* of what the page showed before the stream spoke */
      this.readyState = EventSource.OPEN;
      tell('allclear:live', 'live');
      if (name !== 'hb') this.hand(name, e.data);
    }

    hand(name, data) { this.dispatchEvent(new MessageEvent(name, { data, lastEventId: this.known })); }

    lost() {
      this.drop();
      this.readyState = EventSource.CONNECTING;
      tell('allclear:live', navigator.onLine ? 'reconnecting' : 'offline');
      this.after('retry', jitter(Math.min(LATEST, SOONEST * 2 ** this.tries++)), () => this.connect());
      this.ask();
    }

    ask() { if (!this.timers.poll) this.after('poll', POLL, () => this.poll()); }

    async poll() {
      if (this.readyState !== EventSource.CONNECTING || this.paused) return;
      const url = new URL('poll/', this.url.origin + this.url.pathname);
      url.searchParams.set('after', this.known);
      try {
        /* As htmx asks, so that a session that ended is an answer and not a sign-in page */
        const headers = { 'HX-Request': 'true', ...(this.etag && { 'If-None-Match': this.etag }) };
        const answer = await fetch(url, { headers, signal: AbortSignal.timeout(2 * POLL) });
        if (answer.status === 401) return this.end('signed-out');
        if (answer.status === 404) return this.end('no-access');
        if (answer.status === 304) return this.answered({ id: this.known, events: [] });
        if (answer.ok) { this.answered(await answer.json()); this.etag = answer.headers.get('ETag'); }
        else this.unanswered('reconnecting');
      } catch { this.unanswered('offline'); }
      if (this.readyState === EventSource.CONNECTING) this.ask();
    }

    answered({ id, events }) {
      if (this.readyState !== EventSource.CONNECTING) return; /* the stream was quicker */
      this.known = String(id);
      for (const [name, data] of events) this.hand(name, data);
      tell('allclear:live', 'reconnecting');
      tell('allclear:fresh');
    }

    unanswered(state) { if (this.readyState === EventSource.CONNECTING) tell('allclear:live', state); }

    seen() {
      if (document.hidden) this.after('unseen', UNSEEN, () => { this.drop(); this.after('poll'); this.paused = true; });
      else { this.after('unseen'); if (this.paused) this.now(); }
    }

    /* The server tells this page no more, and why. */
    end(reason) {
      this.drop();
      if (reason === 'crowded') { this.crowded = true; return this.lost(); }
      this.close();
      tell('allclear:live', 'offline');
      tell('allclear:bye', reason);
    }

    close() {
      this.drop();
      for (const name of Object.keys(this.timers)) this.after(name);
      this.gone.abort();
      this.readyState = EventSource.CLOSED;
    }
  }

  /* ===== In words, when what is on the page can no longer be trusted to be fresh ===== */
  const NOTICE = 8000; /* how long the connection may be away before that; ms */
  const skew = Date.parse(document.documentElement.dataset.now) - Date.now() || 0;
  const make = (tag, properties, ...children) => {
    const el = Object.assign(document.createElement(tag), properties);
    el.append(...children);
    return el;
  };
  const SVG = 'http://www.w3.org/2000/svg';
  const icon = name => {
    const svg = document.createElementNS(SVG, 'svg'), use = document.createElementNS(SVG, 'use');
    svg.setAttribute('class', 'icon');
    svg.setAttribute('aria-hidden', 'true');
    use.setAttribute('href', `#${name}`);
    svg.append(use);
    return svg;
  };
  const notice = (text, more, label, press) => {
    const box = document.getElementById('connection') || make('section', { id: 'connection', className: 'line notice', role: 'status' });
    const said = box.querySelector('strong');
    if (said?.textContent === text) return;
    const button = make('button', { type: 'button', className: 'btn', textContent: label });
    button.addEventListener('click', press);
    box.replaceChildren(icon('i-off'), make('p', { className: 'grow' }, make('strong', { textContent: text }), make('span', { textContent: more })), button);
    if (!box.isConnected) document.querySelector('main').prepend(box);
  };

  let fresh = Date.now(), lost = 0;
  const renewed = () => { fresh = Date.now(); document.getElementById('connection')?.remove(); };
  const clock = ms => new Date(ms).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });
  document.addEventListener('allclear:fresh', renewed);
  document.addEventListener('allclear:live', e => {
    if (e.detail === 'live') { lost = 0; renewed(); return; }
    lost ||= Date.now();
    if (Date.now() - Math.max(lost, fresh) < NOTICE) return;
    notice(`${navigator.onLine ? 'The server cannot be reached' : 'You are offline'}. What you see is from ${clock(fresh + skew)}.`,
      'Clocks keep running, and what you type stays here. The page catches up by itself when the connection returns.',
      'Try again now', () => tell('allclear:retry'));
  });

  const byes = {
    'signed-out': 'You have been signed out.',
    'role-changed': 'What you may do has changed.',
    'no-access': 'You no longer have access to this incident.',
  };
  const field = 'textarea, input:not([type="hidden"], [type="checkbox"], [type="radio"])';
  const typed = () => [...document.querySelectorAll(field)].some(el => el.value !== el.defaultValue);
  const reloadedJustNow = () => {
    try {
      const last = Number(sessionStorage.getItem('reloaded'));
      sessionStorage.setItem('reloaded', Date.now());
      return Date.now() - last < 60000;
    } catch { return true; } /* a private window: rather ask than reload for ever */
  };
  document.addEventListener('allclear:bye', e => {
    if (!typed() && !reloadedJustNow()) { location.reload(); return; }
    notice(byes[e.detail] || 'This page is not followed any more.', 'What you typed is still here: copy it if you need it, then load the page again.',
      'Load again', () => location.reload());
  });

  htmx.createEventSource = url => new LiveSource(url);
})();
