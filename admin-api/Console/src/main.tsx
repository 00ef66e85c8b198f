// The console: who is logged in, what page is shown, and the frame around it.
import { render, type VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ApiError, onSignedOut, type Scope, session, type Session, signIn, signOut } from "./api";
import { closeStream, connection, type Connection, openStream, watch } from "./events";
import { Accounts, AccountPage } from "./pages/accounts";
import { Audit } from "./pages/audit";
import { CallPage } from "./pages/call";
import { Calls } from "./pages/calls";
import { Channels, ChannelPage } from "./pages/channels";
import { Contacts, ContactPage } from "./pages/contacts";
import { Flows, FlowPage } from "./pages/flows";
import { Keys } from "./pages/keys";
import { Live } from "./pages/live";
import { LogIn } from "./pages/login";
import { Missed } from "./pages/missed";
import { Nodes } from "./pages/nodes";
import { CallSign, Phone } from "./pages/phone";
import { Rates, RateCardPage } from "./pages/rates";
import { Statistics } from "./pages/statistics";
import { Team } from "./pages/team";
import { TracePage } from "./pages/trace";
import { Voicemails } from "./pages/voicemails";
import { act, openPhone } from "./phone/phone";
import { go, usePath } from "./route";
import { agent, hasPhone, may, setRights } from "./rights";
import { language, languageNames, speak, t, type Word } from "./text";
import { Fault, Link, Notices } from "./ui";

type Entry = { to: string; word: Word; scope?: Scope; ofPhone?: true };

const sections: { word: Word; entries: Entry[] }[] = [
  { word: "nav.now", entries: [{ to: "/phone", word: "phone", ofPhone: true }, { to: "/", word: "live" }, { to: "/team", word: "team" }] },
  {
    word: "nav.work",
    entries: [{ to: "/missed", word: "missed" }, { to: "/voicemails", word: "voicemails" }, { to: "/contacts", word: "contacts" }, { to: "/calls", word: "calls" }],
  },
  { word: "nav.look", entries: [{ to: "/statistics", word: "statistics" }, { to: "/accounts", word: "accounts" }, { to: "/rates", word: "rates" }] },
  {
    word: "nav.set",
    entries: [
      { to: "/channels", word: "channels" }, { to: "/flows", word: "flows" }, { to: "/nodes", word: "nodes" },
      { to: "/keys", word: "keys", scope: "admin" }, { to: "/audit", word: "audit", scope: "admin" },
    ],
  },
];

const pages: [RegExp, (id: string) => VNode][] = [
  [/^\/$/, () => <Live />],
  [/^\/team$/, () => <Team />],
  [/^\/phone$/, () => <Phone />],
  [/^\/missed$/, () => <Missed />],
  [/^\/voicemails$/, () => <Voicemails />],
  [/^\/contacts$/, () => <Contacts />],
  [/^\/contacts\/(.+)$/, (id) => <ContactPage id={Number(id)} />],
  [/^\/calls$/, () => <Calls />],
  [/^\/calls\/(.+)$/, (id) => <CallPage id={id} />],
  [/^\/traces\/(.+)$/, (id) => <TracePage id={id} />],
  [/^\/statistics$/, () => <Statistics />],
  [/^\/accounts$/, () => <Accounts />],
  [/^\/accounts\/(.+)$/, (id) => <AccountPage id={id} />],
  [/^\/rates$/, () => <Rates />],
  [/^\/rates\/(.+)$/, (id) => <RateCardPage id={id} />],
  [/^\/channels$/, () => <Channels />],
  [/^\/channels\/(.+)$/, (id) => <ChannelPage id={id} />],
  [/^\/flows$/, () => <Flows />],
  [/^\/flows\/(.+)$/, (id) => <FlowPage id={id} />],
  [/^\/nodes$/, () => <Nodes />],
  [/^\/keys$/, () => <Keys />],
  [/^\/audit$/, () => <Audit />],
];

function Shown(props: { path: string }): VNode {
  for (const [pattern, page] of pages) {
    const found = pattern.exec(props.path);
    if (found) return page(decodeURIComponent(found[1] ?? ""));
  }
  return <div class="empty"><h1>{t("nowhere")}</h1><p><Link to="/">{t("live")}</Link></p></div>;
}

function ConnectionState(): VNode {
  const [state, setState] = useState<Connection>(connection);
  useEffect(() => watch(setState), []);
  return <span class={`connection ${state}`} role="status">{t(`connection.${state}` as Word)}</span>;
}

function Settings(props: { redraw: () => void }): VNode {
  const [theme, setTheme] = useState(document.documentElement.dataset.theme ?? "");
  const paint = (next: string) => {
    setTheme(next);
    if (next) document.documentElement.dataset.theme = next;
    else delete document.documentElement.dataset.theme;
    try {
      localStorage.setItem("theme", next);
    } catch {
      // It holds for this page then.
    }
  };
  return (
    <div class="settings">
      <select aria-label={t("language")} value={language} onChange={(e) => { speak(e.currentTarget.value); props.redraw(); }}>
        {languageNames.map((one) => <option key={one.id} value={one.id} lang={one.id}>{one.name}</option>)}
      </select>
      <select aria-label={t("theme")} value={theme} onChange={(e) => paint(e.currentTarget.value)}>
        {["", "light", "dark"].map((one) => <option key={one} value={one}>{t(`theme.${one || "system"}` as Word)}</option>)}
      </select>
    </div>
  );
}

function Frame(props: { session: Session; path: string; redraw: () => void; leave: () => void }): VNode {
  const [isOpen, setOpen] = useState(false);
  useEffect(() => setOpen(false), [props.path]);
  const isCurrent = (to: string) => (to === "/" ? props.path === "/" : props.path.startsWith(to));
  return (
    <div class="frame">
      <a class="skip" href="#main">{t("skip")}</a>
      <header>
        <button type="button" class="menu plain" aria-expanded={isOpen} aria-controls="nav" onClick={() => setOpen(!isOpen)}>☰<span class="hidden">{t("menu")}</span></button>
        <span class="brand"><img src="/console/icon.svg" alt="" width="24" height="24" />{t("console")}</span>
        {hasPhone && <CallSign />}
        <ConnectionState />
      </header>
      <nav id="nav" aria-label={t("menu")} class={isOpen ? "open" : undefined}>
        {sections.map((section) => (
          <div key={section.word}>
            <p class="nav-head">{t(section.word)}</p>
            <ul>{section.entries.filter((one) => may(one.scope ?? "read") && (!one.ofPhone || hasPhone)).map((one) => (
              <li key={one.to}><Link to={one.to} current={isCurrent(one.to)}>{t(one.word)}</Link></li>
            ))}</ul>
          </div>
        ))}
        <div class="nav-foot">
          <Settings redraw={props.redraw} />
          <p class="quiet">{props.session.actor}</p>
          <button type="button" onClick={props.leave}>{t("signOut")}</button>
        </div>
      </nav>
      <main id="main" key={props.path}><Shown path={props.path} /></main>
      <Notices />
    </div>
  );
}

type Entered = { session?: Session; error?: ApiError; isExpired?: boolean };

/** The secret of a link stands behind #, where no server and no log sees it; it is gone from the address before it is used. */
function takeHash(): URLSearchParams {
  const hash = new URLSearchParams(location.hash.slice(1));
  if (location.hash && location.hash !== "#main") history.replaceState(null, "", location.pathname + location.search);
  return hash;
}

function Console(): VNode {
  const [entered, setEntered] = useState<Entered>({});
  const [, setLanguage] = useState(language);
  const [linkError, setLinkError] = useState<string>();
  const path = usePath();

  const look = async () => {
    try {
      const now = await session();
      if (now.actor !== null) setRights(now);
      setEntered((before) => ({ session: now, isExpired: now.actor === null && (before.isExpired || !!before.session?.actor) }));
      return now.actor !== null;
    } catch (e) {
      setEntered((before) => ({ ...before, error: e instanceof ApiError ? e : new ApiError(0, "defect", String(e)) }));
      return false;
    }
  };
  const enter = async () => {
    if (!(await look())) return;
    openStream(() => void look());
    openPhone((hasPhone && agent) || "");
  };
  useEffect(() => {
    onSignedOut.tell = () => {
      closeStream();
      void look();
    };
    const hash = takeHash();
    const link = hash.get("link");
    if (hash.get("error")) setLinkError(t("login.oidcFailed"));
    void (link ? signIn({ link }).catch((e: unknown) => setLinkError(e instanceof Error ? e.message : String(e))) : Promise.resolve()).then(enter);
  }, []);
  const leave = async () => {
    closeStream();
    act({ do: "off" });
    await signOut().catch(() => {});
    setEntered({});
    go("/", true);
    void look();
  };

  if (!entered.session)
    return <main class="login">{entered.error ? <Fault error={entered.error} retry={() => void enter()} /> : <p role="status">{t("loading")}</p>}</main>;
  const login = (
    <LogIn hasOidc={entered.session.hasOidc} isExpired={entered.isExpired ?? false} error={linkError}
      onEntered={() => { setLinkError(undefined); void enter(); }} />
  );
  if (entered.session.actor === null && !entered.isExpired) return login;
  // What was typed before the session ended stays on the page, under the dialog.
  return (
    <>
      <Frame session={entered.session} path={path} redraw={() => setLanguage(language)} leave={() => void leave()} />
      {entered.session.actor === null && login}
    </>
  );
}

render(<Console />, document.getElementById("console")!);
