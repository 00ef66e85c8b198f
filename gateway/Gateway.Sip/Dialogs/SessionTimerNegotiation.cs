using Gateway.Sip.Messages;
using Gateway.Sip.Trunks;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Dialogs;

/// <summary>The interval that a session gets and the side that refreshes it, as requests ask and 2xx grant (RFC 4028 §7 to §9).</summary>
internal static class SessionTimerNegotiation
{
    /// <summary>
    /// The request's interval is shorter than we allow: 422 with our Min-SE. Only a peer that knows timers can be sent it.
    /// </summary>
    public static bool IsTooSmall(SipRequest request, Trunk trunk) =>
        SessionExpires.TryParse(request.Headers[SessionExpires.Name], out var asked) && asked.Seconds < trunk.MinSessionExpires
            && Supports(request);

    public static (string, string) MinimumHeader(Trunk trunk) => ("Min-SE", $"{trunk.MinSessionExpires}");

    /// <summary>Writes Session-Expires into our 2xx to INVITE or UPDATE and starts or stops the timer accordingly (§9).</summary>
    public static void Grant(SipRequest request, SipResponse response, SessionCore session, Instant now)
    {
        var trunk = session.Trunk;
        var supports = Supports(request);
        var isAsked = SessionExpires.TryParse(request.Headers[SessionExpires.Name], out var asked);
        if (!isAsked && (!supports || trunk.SessionExpires == 0))
        {
            session.Timer.Stop();
            return;
        }

        var seconds = isAsked ? asked.Seconds : trunk.SessionExpires;
        if (trunk.SessionExpires > 0)
            seconds = Math.Min(seconds, trunk.SessionExpires);
        seconds = Math.Max(seconds, Math.Max(request.Number("Min-SE") ?? 0, trunk.MinSessionExpires));
        var refresher = supports && asked.Refresher != SessionRefresher.Uas ? SessionRefresher.Uac : SessionRefresher.Uas;
        response.Headers[SessionExpires.Name] = new SessionExpires(seconds, refresher).ToString();
        if (refresher == SessionRefresher.Uac)
            response.Headers.Add("Require", "timer");
        session.Timer.Start(TimeSpan.FromSeconds(seconds), weRefresh: refresher == SessionRefresher.Uas, now);
    }

    /// <summary>Takes what a 2xx to a request of ours grants (§7.2). A peer without timers leaves the refreshing to us.</summary>
    public static void Take(SipResponse response, SessionCore session, Instant now)
    {
        if (SessionExpires.TryParse(response.Headers[SessionExpires.Name], out var granted) && granted.Seconds > 0)
            session.Timer.Start(TimeSpan.FromSeconds(granted.Seconds), granted.Refresher != SessionRefresher.Uas, now);
        else if (session.Timer.Interval > TimeSpan.Zero)
            session.Timer.Start(session.Timer.Interval, weRefresh: true, now);
    }

    private static bool Supports(SipRequest request) =>
        request.Headers.HasToken("Supported", "timer") || request.Headers.HasToken("Require", "timer");
}
