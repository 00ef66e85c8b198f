import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, signIn } from "../api";
import { plain, t } from "../text";

/** By a key, which the browser forgets at once, or by the issuer. Where a session has ended it is a dialog over the page. */
export function LogIn(props: { hasOidc: boolean; isExpired: boolean; error?: string; onEntered: () => void }): VNode {
  const [key, setKey] = useState("");
  const [error, setError] = useState(props.error);
  const [isBusy, setBusy] = useState(false);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    document.title = `${t("login")} · ${t("console")}`;
    dialog.current?.showModal();
  }, []);
  useEffect(() => setError(props.error), [props.error]);
  const enter = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    try {
      await signIn({ key });
      setKey("");
      dialog.current?.close();
      props.onEntered();
    } catch (fault) {
      setError(fault instanceof ApiError ? plain(fault.message) : String(fault));
    }
    setBusy(false);
  };
  const form = (
    <div class="login-box">
      <img src="/console/icon.svg" alt="" width="48" height="48" />
      <h1>{t("console")}</h1>
      {props.isExpired && <p role="status">{t("login.expired")}</p>}
      {error && <p class="fault" role="alert">{error}</p>}
      {props.hasOidc && <><a class="button first" href="/console/oidc">{t("login.oidc")}</a><p class="quiet or">{t("login.or")}</p></>}
      <form onSubmit={(e) => void enter(e)}>
        <label class="field">
          <span>{t("login.key")}</span>
          <input type="password" value={key} required autocomplete="off" onInput={(e) => setKey(e.currentTarget.value)} />
          <small>{t("login.hint")}</small>
        </label>
        <button type="submit" class="first" disabled={isBusy}>{t("login")}</button>
      </form>
    </div>
  );
  return props.isExpired
    ? <dialog ref={dialog} aria-label={t("login")} onCancel={(e) => e.preventDefault()}>{form}</dialog>
    : <main class="login">{form}</main>;
}
