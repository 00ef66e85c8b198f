using System.Globalization;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Quality;
using Gateway.Calls.Tracing;
using Gateway.Storage;
using Gateway.WhatsApp.Graph;
using Media.Engine;
using Media.Protocols.Primitives;
using Media.Protocols.Quality;

namespace Gateway.Worker.Tracing;

/// <summary>Says in one line what an input, a decision, an event or an answer was. What SIP messages show is not said twice.</summary>
internal static class TraceNotes
{
    /// <summary>Null: it is not worth an entry. Keys are not: they may be a secret.</summary>
    public static TraceEntry? Of(CallInput input, DateTimeOffset at) => input switch
    {
        CallInput.WhatsAppOffered => Webhook(at, "connect with an offer"),
        CallInput.WhatsAppAnswered => Webhook(at, "connect with an answer"),
        CallInput.WhatsAppRinging => Webhook(at, "status RINGING"),
        CallInput.WhatsAppPickedUp => Webhook(at, "status ACCEPTED"),
        CallInput.WhatsAppDeclined => Webhook(at, "status REJECTED"),
        CallInput.WhatsAppTerminated { Error: { } error } => Webhook(at, "Meta ended the call: " + TraceCause.Text(error), isFailure: true),
        CallInput.WhatsAppTerminated => Webhook(at, "terminate"),
        CallInput.CallbackWanted wanted => new(at, TraceKind.State, $"a call to the user is wanted; first agent {wanted.Agent} is rung"),
        CallInput.Admitted admitted => OfAdmitted(admitted, at),
        CallInput.Refused refused => new(at, TraceKind.Admission, OfRefused(refused)) { IsFailure = true },
        CallInput.HoldExtended held => new(
            at, TraceKind.Ledger, $"{Money(held.Held)} held{(held.IsLast ? ", the account has no more" : "")}"),
        CallInput.HoldFailed => new(at, TraceKind.Ledger, "no more could be held: PostgreSQL does not answer") { IsFailure = true },
        CallInput.MediaReserved => new(at, TraceKind.Media, "media is reserved"),
        CallInput.MediaRefused { Fault: { } fault } => new(at, TraceKind.Media, "description refused: " + WireName.Of(fault.Reason))
        {
            Peer = PeerOf(fault.Leg),
            IsFailure = true,
        },
        CallInput.MediaRefused refused => new(at, TraceKind.Media, "refused: " + WireName.Of(refused.Cause)) { IsFailure = true },
        CallInput.TransferRequested => new(at, TraceKind.State, "a transfer is requested"),
        CallInput.ConsultationRequested => new(at, TraceKind.State, "the agent is to ask somebody"),
        CallInput.HangUpRequested request => new(at, TraceKind.State, "hang-up is requested: " + WireName.Of(request.Cause)),
        _ => null,
    };

    public static TraceEntry? Of(CallDecision decision, DateTimeOffset at) => decision switch
    {
        CallDecision.JoinQueue join => new(at, TraceKind.State, $"waits in the queue of group {join.Group.Value}"),
        CallDecision.RingAgent ring => new(at, TraceKind.State, $"agent {ring.Agent.Value} is rung"),
        CallDecision.Warn => new(at, TraceKind.State, "the agent hears that the call is to end soon"),
        CallDecision.OpenAudio => new(at, TraceKind.Media, "audio is open"),
        _ => null,
    };

    public static TraceEntry? Of(MediaEvent happened, DateTimeOffset at) => happened switch
    {
        MediaEvent.WhatsAppPath path => new(at, TraceKind.Ice, $"pair chosen: {path.Local} with {path.Remote}")
        {
            Peer = TracePeer.WhatsApp,
        },
        MediaEvent.WhatsAppConnected => new(at, TraceKind.Dtls, "keys are agreed") { Peer = TracePeer.WhatsApp },
        MediaEvent.WhatsAppFailed failed => OfFailure(failed.Reason, at),
        MediaEvent.PbxFailed failed => OfPhone(failed.Reason, at),
        MediaEvent.FirstAudio first => new(at, TraceKind.Media, "first packet")
        {
            Peer = PeerOf(first.Leg),
            Direction = TraceDirection.In,
        },
        MediaEvent.PbxHeld => new(at, TraceKind.Hold, "the PBX holds the call") { Peer = TracePeer.Pbx },
        MediaEvent.PbxResumed => new(at, TraceKind.Hold, "the PBX takes the call back") { Peer = TracePeer.Pbx },
        MediaEvent.MediaTimeout silent => new(at, TraceKind.Media, "nothing is heard")
        {
            Peer = PeerOf(silent.Leg),
            IsFailure = true,
        },
        MediaEvent.Failed failed => new(at, TraceKind.Media, "the media failed: " + failed.Reason) { IsFailure = true },
        _ => null,
    };

    public static TraceEntry Of(string action, DateTimeOffset began, TimeSpan took, GraphError? error) =>
        new(began, TraceKind.Graph, error switch
        {
            null => action,
            { HttpStatus: not null } => $"Meta refused {action}: {TraceCause.Text(error.Error)}",
            _ => $"Meta did not answer {action}: {error.Name}",
        })
        {
            Peer = TracePeer.WhatsApp,
            Direction = TraceDirection.Out,
            DurationMs = Math.Round(took.TotalMilliseconds, 1),
            IsFailure = error is not null,
            Details = error is { TraceId: { } trace } ? "fbtrace_id " + trace : null,
        };

    /// <summary>A sample of a leg's quality, with the spells of bad quality that begin and end with it.</summary>
    public static TraceEntry Of(CallLeg leg, DateTimeOffset at, in LegSample sample, QualityChanges changes)
    {
        var roundTrip = sample.RoundTripMs is { } trip ? $"{Math.Round(trip)} ms" : "unknown";
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"MOS {sample.Mos:0.0}, loss {sample.LossRatio * 100:0.0} %, jitter {sample.JitterMs:0} ms, round trip {roundTrip}");
        var faults = changes.Begun.Where(one => one.Leg == leg)
            .Select(one => $"; too bad: {WireName.Of(one.Fault)}, suspected {WireName.Of(one.Cause)}")
            .Concat(changes.Over.Where(one => one.Leg == leg).Select(one => "; good again: " + WireName.Of(one.Fault)));
        return new(at, TraceKind.Quality, (sample.Received == 0 ? "no packets" : text) + string.Concat(faults)) { Peer = PeerOf(leg) };
    }

    private static TraceEntry OfFailure(WebRtcFailure reason, DateTimeOffset at) => reason switch
    {
        // The cause says how long was waited: this may be the last of several tries.
        WebRtcFailure.IceFailed => new(at, TraceKind.State, "ICE has failed") { Peer = TracePeer.WhatsApp },
        WebRtcFailure.ConsentLost =>
            WhatsApp(at, TraceKind.Ice, "ICE: the user's side answers no check any more: its network is gone, or it changed"),
        WebRtcFailure.FingerprintMismatch =>
            WhatsApp(at, TraceKind.Dtls, "DTLS: the certificate of WhatsApp's side is not that of its description"),
        WebRtcFailure.DtlsTimeout => WhatsApp(at, TraceKind.Dtls, "DTLS: the handshake with the user's side did not finish in time"),
        WebRtcFailure.DtlsFailed => WhatsApp(at, TraceKind.Dtls, "DTLS: the handshake with the user's side failed"),
        _ => new(at, TraceKind.Dtls, "closed by WhatsApp") { Peer = TracePeer.WhatsApp, Direction = TraceDirection.In },
    };

    private static TraceEntry OfPhone(WebRtcFailure reason, DateTimeOffset at) => reason switch
    {
        WebRtcFailure.IceFailed => Pbx(at, TraceKind.Ice, "ICE: no check came from the agent's phone"),
        WebRtcFailure.ConsentLost => Pbx(
            at, TraceKind.Ice, "ICE: no check comes from the agent's phone any more: its page is closed, or its network is gone"),
        WebRtcFailure.FingerprintMismatch =>
            Pbx(at, TraceKind.Dtls, "DTLS: the certificate of the agent's phone is not that of its description"),
        WebRtcFailure.DtlsTimeout => Pbx(at, TraceKind.Dtls, "DTLS: the handshake with the agent's phone did not finish in time"),
        _ => Pbx(at, TraceKind.Dtls, "DTLS: the handshake with the agent's phone failed"),
    };

    private static TraceEntry OfAdmitted(CallInput.Admitted admitted, DateTimeOffset at)
    {
        var way = admitted.Flow is { } flow ? $"flow {flow.Id.Value}" : string.Join(", ", admitted.Routes.Select(route => route.Trunk));
        var money = admitted.Funding is { } funding ? $"; {Money(funding.Held)} {funding.Currency} held of account {funding.Account}" : "";
        return new(at, TraceKind.Admission, $"admitted{(way.Length > 0 ? ": " + way : "")}{money}");
    }

    private static string OfRefused(CallInput.Refused refused)
    {
        var cause = WireName.Of(refused.Cause).Replace('_', ' ');
        return refused switch
        {
            { Cause: HangupCause.BalanceTooLow, Detail: { } detail } => $"balance is too low: {detail}",
            { Detail: { } detail } => $"refused: {cause}: {detail}",
            { Text: { } text } => $"refused: {cause}: {text}",
            _ => "refused: " + cause,
        };
    }

    private static TraceEntry Webhook(DateTimeOffset at, string what, bool isFailure = false) => new(at, TraceKind.Webhook, what)
    {
        Peer = TracePeer.WhatsApp,
        Direction = TraceDirection.In,
        IsFailure = isFailure,
    };

    private static TraceEntry WhatsApp(DateTimeOffset at, TraceKind kind, string what) =>
        new(at, kind, what) { Peer = TracePeer.WhatsApp, IsFailure = true };

    private static TraceEntry Pbx(DateTimeOffset at, TraceKind kind, string what) =>
        new(at, kind, what) { Peer = TracePeer.Pbx, IsFailure = true };

    private static TracePeer PeerOf(CallLeg leg) => leg == CallLeg.WhatsApp ? TracePeer.WhatsApp : TracePeer.Pbx;

    private static string Money(decimal amount) => JsonText.Money(amount);
}
