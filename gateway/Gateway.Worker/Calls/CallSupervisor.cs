using System.Collections.Concurrent;
using System.Threading.Channels;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Rules;
using Gateway.Sip;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Messages;
using Gateway.Storage.Commands;
using Gateway.WhatsApp.Meta;
using Gateway.Worker.Agents;
using Gateway.Worker.Configuration;
using Gateway.Worker.Legs;
using Gateway.Worker.Metrics;
using Gateway.Worker.Nodes;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Calls;

/// <summary>Knows this node's calls. What begins one starts its loop: INVITEs, which come here, offers, and wishes to call back.</summary>
internal sealed partial class CallSupervisor(
    CallFactory factory, CallServices services, NodeCapacity capacity, ILogger<CallSupervisor> logger) : IOwnedCalls
{
    private readonly ConcurrentDictionary<CallId, CallLoop> _calls = new();
    private readonly ConcurrentDictionary<WhatsAppCallId, CallLoop> _byWhatsAppId = new();
    private readonly WarningLimit _warnings = new(services.Time);

    public int Count => _calls.Count;

    /// <summary>This node's id.</summary>
    public string Node => factory.Node;

    /// <summary>What webhooks reported of calls that this node does not know yet.</summary>
    public EarlyWebhooks Early { get; } = new(services.Clock);

    /// <summary>Calls that ended before Meta's id of them came.</summary>
    public UnnamedCalls Unnamed { get; } = new();

    public IReadOnlyCollection<(CallId Call, long Token)> Owned =>
        [.. _calls.Values.Select(loop => (loop.Identity.Id, loop.Identity.OwnerToken))];

    public bool HasRoom => capacity.HasRoom;

    public Task LetGoAsync(CallId call) => Find(call)?.AbandonAsync() ?? Task.CompletedTask;

    /// <param name="invites">INVITEs of PBXs and of registered phones.</param>
    /// <param name="isTaken">True for one that is no call to a user, and was taken.</param>
    public async Task ReadInvitesAsync(ChannelReader<SipCall> invites, Func<SipCall, bool> isTaken)
    {
        await foreach (var invite in invites.ReadAllAsync())
        {
            try
            {
                if (!isTaken(invite))
                    await StartOutboundAsync(invite);
            }
            catch (Exception e) // The edge of one INVITE: what is wrong with it must not stop the ones after it.
            {
                LogInviteFailure(e);
                await invite.RejectAsync(500);
            }
        }
    }

    /// <summary>The channel is configured on this node.</summary>
    public bool Serves(ChannelId channel) => factory.Knows(channel);

    /// <summary>The business numbers of this node.</summary>
    public IReadOnlyCollection<ChannelId> Channels => factory.Channels;

    /// <summary>The identity of a call that is to begin.</summary>
    public CallIdentity Identify(CallDirection direction, ChannelId channel, WhatsAppUser user) =>
        factory.Identify(direction, channel, user);

    /// <summary>Rings an agent, and then calls the user.</summary>
    public CallLoop CallBack(CallIdentity call, CallInput.CallbackWanted wanted)
    {
        var loop = factory.Callback(call, Bind);
        Start(loop, wanted);
        return loop;
    }

    /// <summary>Begins a user's call, which this node has claimed.</summary>
    public CallLoop Begin(CallIdentity call, InboundDetails details, CallInput.WhatsAppOffered offer)
    {
        var loop = factory.Inbound(call, details);
        loop.TryBind(details.WhatsAppId);
        _byWhatsAppId[details.WhatsAppId] = loop;
        Start(loop, offer);
        return loop;
    }

    /// <summary>Rings an agent, and then calls the user. Null where this node has not the channel or the trunk.</summary>
    public CallLoop? TryCallBack(NodeCommand.CallBack request)
    {
        if (!Serves(request.Channel) || (request.Trunk is { } trunk && !factory.KnowsTrunk(trunk)))
            return null;
        var call = Identify(CallDirection.Outbound, request.Channel, request.User);
        return CallBack(call, new CallInput.CallbackWanted(request.Trunk, request.Agent, request.AgentId)
        {
            Ring = request.RingSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        });
    }

    /// <summary>
    /// By Meta's id, or, while the answer to connect is still on its way, by the id of ours that Meta gives back; null: this node has no
    /// such call, or lets go of it.
    /// </summary>
    public CallLoop? Find(WhatsAppCallId id, string? opaque) =>
        (_byWhatsAppId.TryGetValue(id, out var loop) || (opaque is not null && _calls.TryGetValue(new CallId(opaque), out loop)))
            && !loop.IsLetGo ? loop : null;

    /// <summary>By Meta's id, whether or not it is let go of.</summary>
    public CallLoop? FindAny(WhatsAppCallId id) => _byWhatsAppId.GetValueOrDefault(id);

    /// <summary>A call of this node; null: it is over, or another node's.</summary>
    public CallLoop? Find(CallId id) => _calls.GetValueOrDefault(id);

    /// <summary>The call of this node that has rung or waited the longest for one of these groups; null: none does.</summary>
    public CallLoop? LongestWaiting(GroupId[] groups) => _calls.Values
        .Select(loop => (Loop: loop, For: loop.WaitsFor)).Where(one => one.For is { } waits && groups.Contains(waits.Group))
        .OrderBy(one => one.For!.Since).FirstOrDefault().Loop;

    /// <summary>Asks one call to end; false when it is not on this node.</summary>
    public bool HangUp(CallId id, HangupCause cause) =>
        _calls.TryGetValue(id, out var loop) && loop.Post(new CallInput.HangUpRequested(cause));

    /// <summary>Gives every call of this node an input.</summary>
    public void PostToAll(CallInput input)
    {
        foreach (var loop in _calls.Values)
            loop.Post(input);
    }

    private async Task StartOutboundAsync(SipCall invite)
    {
        if (invite.Replaces is { } replaced)
        {
            if (_calls.Values.FirstOrDefault(loop => loop.TryTakeOver(replaced, invite)) is { } taken)
                services.Traces.Attach(invite, taken.Identity.Id);
            else
                await invite.RejectAsync(481);
            return;
        }
        if (!capacity.HasRoomForAttempt)
        {
            CallMetrics.Shed();
            await invite.RejectAsync(503, headers: [("Retry-After", "5")]);
            return;
        }
        if (factory.Dial(invite.Info) is not var ((user, dialled), channelOfTrunk))
        {
            await invite.RejectAsync(403);
            return;
        }
        if (user is null)
        {
            if (_warnings.TryPass(invite.Info.Trunk, out var leftOut))
                LogNotDialled(invite.Info.Trunk, dialled.Refusal, leftOut);
            await invite.RejectAsync(
                404, "Not a WhatsApp user", SipReason.Sip(404, dialled.Refusal ?? "Dial a number with country code, or a user id"),
                RefusalHeaders.Of(new PbxRefusal(404, "") { Cause = HangupCause.NoRoute }));
            return;
        }
        var owner = services.Agents.Directory.CallerOf(invite.Info);
        var asked = PhoneOwners.ChannelOf(invite.Info);
        if (asked is { } unknown && !Serves(unknown))
        {
            await invite.RejectAsync(404, "No such business number");
            return;
        }
        var channel = asked ?? (owner?.Channel is { } own && Serves(own) ? own : channelOfTrunk);
        var identity = Identify(CallDirection.Outbound, channel, user);
        Start(factory.Outbound(identity, invite, Bind), new CallInput.PbxInvited(invite.Info.Trunk, invite.Info.Caller.User, owner?.Id));
    }

    /// <summary>From now on webhooks find this call by Meta's id, on this node and, through the registry, on others.</summary>
    public void Bind(CallLoop loop, WhatsAppCallId id)
    {
        if (!loop.TryBind(id))
            return;
        _byWhatsAppId[id] = loop;
        if (!_calls.ContainsKey(loop.Identity.Id))
            _byWhatsAppId.TryRemove(new(id, loop)); // it has just ended
        foreach (var input in Early.Take(id))
            loop.Post(input);
        _ = ClaimAsync(loop, id);
    }

    private async Task ClaimAsync(CallLoop loop, WhatsAppCallId id)
    {
        try
        {
            // A terminate that overtook the answer to connect has left a tombstone.
            if (await services.Registry.ClaimAsync(id, loop.Identity.Id, CancellationToken.None) == ClaimResult.Tombstoned)
                loop.Post(new CallInput.WhatsAppTerminated(null));
        }
        catch (Exception e) // The call itself goes on: it is known on this node.
        {
            LogNotClaimed(e, loop.Identity.Id);
        }
    }

    public async Task<IReadOnlyList<SavedCall>> SaveAsync(Func<CallId, bool> which)
    {
        var asked = _calls.Values.Where(loop => loop.Handover.HasChanged || which(loop.Identity.Id))
            .Select(loop => loop.Handover.SaveAsync());
        return [.. (await Task.WhenAll(asked)).OfType<SavedCall>()];
    }

    public Task<SavedCall?> HandOverAsync(CallId call) => Find(call)?.HandOverAsync() ?? Task.FromResult<SavedCall?>(null);

    public void EndQuietly(CallId call) => Find(call)?.EndQuietly();

    public void NoteEnd(CallId call) => Find(call)?.Post(new CallInput.WhatsAppTerminated(null));

    public bool CouldResume(SavedCall saved) => capacity.HasRoom && factory.CouldResume(saved);

    public bool TryResume(SavedCall saved, int takeovers)
    {
        if (factory.Resume(saved) is not var (loop, phone))
            return false;
        loop.TryBind(saved.Call.WhatsAppId);
        _byWhatsAppId[saved.Call.WhatsAppId] = loop;
        if (saved.Call.Held is { } agent)
            services.Agents.Registry.TakeOver(loop.Identity.Id, agent);
        Start(loop, () => loop.ContinueAsync(phone, saved.Media, takeovers));
        LogResumed(loop.Identity.Id, loop.Identity.OwnerToken);
        return true;
    }

    private void Start(CallLoop loop, CallInput first)
    {
        LogStarted(loop.Identity.Id, loop.Identity.Direction, loop.Identity.Channel, loop.Identity.User);
        Start(loop, () => loop.RunAsync(first));
    }

    private void Start(CallLoop loop, Func<Task> run)
    {
        _calls[loop.Identity.Id] = loop;
        capacity.Enter();
        if (loop.IsAdmitted)
            capacity.Admit();
        CallMetrics.Started(loop.Identity.Direction);
        _ = RunAsync(loop, run);
    }

    private async Task RunAsync(CallLoop loop, Func<Task> run)
    {
        await Task.Yield();
        try
        {
            await run();
        }
        finally
        {
            if (loop.BoundTo is null)
                Unnamed.Add(loop.Identity);
            _calls.TryRemove(new(loop.Identity.Id, loop)); // not where the call has come back
            if (loop.BoundTo is { } id)
                _byWhatsAppId.TryRemove(new(id, loop));
            capacity.Leave(loop.IsAdmitted);
            CallMetrics.Left(loop.Identity.Direction);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Call {CallId} {Direction} on {Channel} with {User} begins")]
    private partial void LogStarted(CallId callId, WireText<CallDirection> direction, ChannelId channel, WhatsAppUser user);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Call {CallId}: it goes on here, at its {Token}. owner")]
    private partial void LogResumed(CallId callId, long token);

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "What trunk {Trunk} dialled is nobody: {Reason}. Check sip.trunks[].dialRules with route-test; "
        + "{LeftOut} more since the last line")]
    private partial void LogNotDialled(string trunk, string? reason, int leftOut);

    [LoggerMessage(Level = LogLevel.Error, Message = "An INVITE could not be handled")]
    private partial void LogInviteFailure(Exception e);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Call {CallId}: a store does not know Meta's id of it")]
    private partial void LogNotClaimed(Exception e, CallId callId);
}
