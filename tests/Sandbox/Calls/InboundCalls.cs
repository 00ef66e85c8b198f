using Sandbox.Graph;
using Sandbox.Handsets;
using Sandbox.Numbers;
using Sandbox.Permissions;
using Sandbox.Sdp;
using Sandbox.Users;
using Sandbox.Webhooks;

namespace Sandbox.Calls;

/// <summary>A user's request to call: the handset, and the payloads of the button or link that was tapped.</summary>
public sealed record PlaceCall(string? Handset, string? CtaPayload, string? DeeplinkPayload, double? ToneHertz);

/// <summary>A WhatsApp user calls: offer, pre_accept, accept, reject.</summary>
public sealed class InboundCalls(
    CallHandler handler, HandsetFactory handsets, SandboxOptions options, PermissionStore permissions, WebhookBodies bodies,
    WebhookSender webhooks,
    KnobBox knobs, TimeProvider time)
{
    /// <summary>Places a call. Null: refused by WhatsApp itself, for the reason given; Meta sends no webhook then.</summary>
    public async Task<(SandboxCall? Call, string? Refusal)> PlaceAsync(
        BusinessNumber number, SandboxUser user, PlaceCall request, CancellationToken cancel)
    {
        if (number.InboundRefusal(
            time.GetUtcNow(), byButton: request.CtaPayload is not null || request.DeeplinkPayload is not null) is { } reason)
            return (null, reason);
        if (number.PaymentMissing)
        {
            webhooks.Send(number, user.Phone, bodies.NumberError(number, 131044, "Business eligibility payment issue"), null, "error");
            return (null, "no payment method: 131044");
        }
        if (handler.LiveCount(number) >= options.MaxConcurrentCalls)
            return (null, "too many calls at once");

        permissions.OpenWindow(number, user);
        var kind = request.Handset ?? user.Handset ?? options.DefaultHandset;
        var handset = handsets.Create(kind, user, number);
        var call = new SandboxCall(CallIds.NewCall(user.Phone, inbound: true), number, user, inbound: true, handset, kind, time)
        {
            CtaPayload = request.CtaPayload,
            DeeplinkPayload = request.DeeplinkPayload,
        };
        try
        {
            if (request.ToneHertz is { } hertz)
                await handset.SendToneAsync(hertz, cancel);
            call.HandsetOffer = await handset.CreateOfferAsync(cancel);
            call.Offer = MetaSdp.Offer(call.HandsetOffer, number.AdditionalCodecs, time.GetUtcNow());
        }
        catch (HandsetException fault)
        {
            await handset.DisposeAsync();
            return (null, fault.Message);
        }
        handler.Add(call);
        call.Note("state", "placed", kind);
        await handler.WithAsync(call, () =>
        {
            handler.Arm(call, options.Timers.AcceptWindow, () => handler.EndAsync(call, "COMPLETED", "accept window"));
            SendConnect(call);
            return Task.FromResult(true);
        });
        GrantCallback(call);
        return (call, null);
    }

    public async Task<GraphFault?> PreAcceptAsync(SandboxCall call, string? sdpType, string? sdp)
    {
        if (call.State != CallState.Waiting)
            return WrongState(call, "pre_accept");
        if (CheckAnswer(call, sdpType, sdp) is { } fault)
            return fault;
        await call.Handset.ApplyAnswerAsync(MetaSdp.AnswerForHandset(sdp!, call.HandsetOffer), CancellationToken.None);
        call.BusinessAnswer = sdp;
        call.MoveTo(CallState.PreAccepted);
        return null;
    }

    public async Task<GraphFault?> AcceptAsync(SandboxCall call, string? sdpType, string? sdp, string? opaqueData)
    {
        if (call.State is not (CallState.Waiting or CallState.PreAccepted))
            return WrongState(call, "accept");
        if (CheckAnswer(call, sdpType, sdp) is { } fault)
            return fault;
        if (call.BusinessAnswer is { } before && before != sdp)
            return GraphFault.InvalidSdp("the SDP of accept differs from the one of pre_accept");
        if (call.BusinessAnswer is null)
            await call.Handset.ApplyAnswerAsync(MetaSdp.AnswerForHandset(sdp!, call.HandsetOffer), CancellationToken.None);
        call.BusinessAnswer = sdp;
        call.OpaqueData = opaqueData ?? call.OpaqueData;
        await handler.ActivateAsync(call);
        return null;
    }

    public async Task<GraphFault?> RejectAsync(SandboxCall call)
    {
        if (call.State != CallState.Waiting)
            return WrongState(call, "reject");
        await handler.EndAsync(call, "COMPLETED", "business reject");
        return null;
    }

    private void SendConnect(SandboxCall call)
    {
        var now = knobs.Current;
        void Send() => webhooks.Send(call.Number, call.Id, bodies.Connect(call, call.Offer), call, "connect",
            TimeSpan.FromMilliseconds(now.DelayConnectMilliseconds));
        if (now.TerminateBeforeConnect)
            call.HeldConnect = Send;
        else
            Send();
    }

    /// <summary>Calling a business that has callbacks enabled is itself a temporary permission.</summary>
    private void GrantCallback(SandboxCall call)
    {
        if (!call.Number.CallbackPermission)
            return;
        var expires = permissions.Grant(call.Number, call.User, permanent: false);
        webhooks.Send(call.Number, call.Id, bodies.PermissionReply(
            call.Number, call.User, true, expires is null, expires, "automatic", call.Id), call, "permission");
    }

    private static GraphFault? CheckAnswer(SandboxCall call, string? sdpType, string? sdp)
    {
        if (sdpType != "answer")
            return GraphFault.Invalid($"session.sdp_type must be answer, not \"{sdpType}\"");
        if (sdp is null)
            return GraphFault.Invalid("session.sdp is missing");
        return SdpChecker.CheckAnswer(sdp, call.Offer) is { } reason ? GraphFault.InvalidSdp(reason) : null;
    }

    private static GraphFault WrongState(SandboxCall call, string action) =>
        GraphFault.Invalid($"{action} is not possible: the call is {(call.IsLive ? call.State.ToString() : "already completed")}");
}
