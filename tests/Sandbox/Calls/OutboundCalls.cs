using Sandbox.Graph;
using Sandbox.Handsets;
using Sandbox.Numbers;
using Sandbox.Permissions;
using Sandbox.Sdp;
using Sandbox.Users;
using Sandbox.Webhooks;

namespace Sandbox.Calls;

/// <summary>The business calls: connect's checks in Meta's order, then the user's phone rings, is answered, declined or ignored.</summary>
public sealed class OutboundCalls(
    CallHandler handler, HandsetFactory handsets, SandboxOptions options, PermissionStore permissions, WebhookBodies bodies,
    WebhookSender webhooks,
    KnobBox knobs, TimeProvider time)
{
    private readonly Lock _admission = new();

    /// <summary>Checks and registers a call. It continues with <see cref="Start"/> once the business has its id.</summary>
    public (SandboxCall? Call, GraphFault? Fault) Connect(
        BusinessNumber number, SandboxUser? user, string? sdpType, string? sdp, string? opaqueData)
    {
        if (sdpType != "offer")
            return (null, GraphFault.Invalid($"session.sdp_type must be offer, not \"{sdpType}\""));
        if (sdp is null)
            return (null, GraphFault.Invalid("session.sdp is missing"));
        if (SdpChecker.CheckOffer(sdp) is { } reason)
            return (null, GraphFault.InvalidSdp(reason));
        if (user is null or { Auto: AutoMode.Uncallable })
            return (null, GraphFault.Uncallable);
        var kind = user.Handset ?? options.DefaultHandset;
        lock (_admission)
        {
            if (Refusal(number, user) is { } fault)
                return (null, fault);
            var call = new SandboxCall(
                CallIds.NewCall(user.Phone, inbound: false), number, user, inbound: false, handsets.Create(kind, user, number), kind, time)
            {
                Offer = sdp,
                OpaqueData = opaqueData,
            };
            handler.Add(call);
            call.Note("state", "placed", kind);
            return (call, null);
        }
    }

    public Task Start(SandboxCall call) => handler.RunAsync(call, () => ReachAsync(call));

    /// <summary>The user taps the green button. False when no call can be answered.</summary>
    public Task<bool> AnswerAsync(SandboxCall call) => handler.WithAsync(call, () => PickUpAsync(call));

    /// <summary>The user taps the red button while it rings.</summary>
    public Task<bool> DeclineAsync(SandboxCall call) => handler.WithAsync(call, () => TurnDownAsync(call));

    private async Task<bool> PickUpAsync(SandboxCall call)
    {
        if (!CanDecide(call))
            return false;
        SendStatus(call, "ACCEPTED");
        if (knobs.Current.AcceptedBeforeRinging && call.State == CallState.Ringing)
            SendStatus(call, "RINGING");
        await handler.ActivateAsync(call);
        return true;
    }

    private async Task<bool> TurnDownAsync(SandboxCall call)
    {
        if (!CanDecide(call))
            return false;
        SendStatus(call, "REJECTED");
        return await handler.EndAsync(call, "COMPLETED", "user");
    }

    private static bool CanDecide(SandboxCall call) => !call.Inbound && call.State is (CallState.Ringing or CallState.Waiting);

    private GraphFault? Refusal(BusinessNumber number, SandboxUser user) =>
        number.PaymentMissing ? GraphFault.NoPayment
        : number.OutboundUnavailable ? GraphFault.Unavailable
        : number.IsOutboundRestricted(time.GetUtcNow()) ? GraphFault.Restricted
        : permissions.CheckCall(number, user)
        ?? (handler.HasLiveCall(number, user) ? GraphFault.Duplicate
        : handler.LiveCount(number) >= options.MaxConcurrentCalls ? GraphFault.TooManyAtOnce
        : handler.StartedToday(number) >= options.MaxInitiationsPerDay ? GraphFault.TooManyStarts
        : null);

    /// <summary>The phone gets the offer and answers it; then it rings.</summary>
    private async Task ReachAsync(SandboxCall call)
    {
        string answer;
        try
        {
            answer = MetaSdp.Answer(
                await call.Handset.AcceptOfferAsync(MetaSdp.OfferForHandset(call.Offer, knobs.Current.AnswerSetup), CancellationToken.None),
                call.Offer, call.Number.AdditionalCodecs, time.GetUtcNow());
        }
        catch (HandsetException fault)
        {
            call.Note("handset", "failed", fault.Message);
            await handler.EndAsync(call, "FAILED", "handset", 138019);
            return;
        }
        var now = knobs.Current;
        void SendConnect() => webhooks.Send(call.Number, call.Id, bodies.Connect(call, answer), call, "connect",
            TimeSpan.FromMilliseconds(now.DelayConnectMilliseconds));
        if (now.TerminateBeforeConnect)
            call.HeldConnect = SendConnect;
        else if (!now.RingingBeforeConnect)
            SendConnect();
        handler.Arm(call, options.Timers.RingDelay, () => RingAsync(call, now.RingingBeforeConnect ? SendConnect : null));
    }

    private Task RingAsync(SandboxCall call, Action? connectAfter)
    {
        if (call.User.Auto != AutoMode.Silent)
        {
            call.MoveTo(CallState.Ringing);
            if (!knobs.Current.AcceptedBeforeRinging)
                SendStatus(call, "RINGING");
        }
        connectAfter?.Invoke();
        if (call.User.Auto == AutoMode.Answer)
            handler.Arm(call, options.Timers.AutoDelay, () => PickUpAsync(call));
        else if (call.User.Auto == AutoMode.Decline)
            handler.Arm(call, options.Timers.AutoDelay, () => TurnDownAsync(call));
        else
            handler.Arm(call, options.Timers.Ring, () => handler.EndAsync(call, "COMPLETED", "ring timeout"));
        return Task.CompletedTask;
    }

    private void SendStatus(SandboxCall call, string status) =>
        webhooks.Send(call.Number, call.Id, bodies.Status(call, status), call, status);
}
