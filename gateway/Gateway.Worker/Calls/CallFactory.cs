using Gateway.Calls;
using Gateway.Calls.Channels;
using Gateway.Calls.Lifecycle;
using Gateway.Sip;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Messages;
using Gateway.WhatsApp.Graph;
using Gateway.Worker.Configuration;
using Gateway.Worker.Legs;
using Gateway.Worker.Nodes;
using Gateway.Worker.Tracing;
using Media.Engine;
using Media.Engine.Loop;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Calls;

/// <summary>Puts one call together: its machine, its legs and its loop.</summary>
internal sealed class CallFactory(
    LiveOptions live, PbxTrunks trunks, MediaEngine media, GraphClient graph, CallServices services, NodeStart start,
    IEntropy entropy)
{
    /// <summary>This node's id.</summary>
    public string Node => live.Options.Node.Id;

    /// <summary>The business numbers of this node.</summary>
    public IReadOnlyCollection<ChannelId> Channels => [.. live.Snapshot.Channels.Keys];

    public bool Knows(ChannelId channel) => live.Snapshot.Channels.ContainsKey(channel);

    public bool KnowsTrunk(string trunk) => live.Snapshot.Trunks.ContainsKey(trunk);

    /// <summary>Whom a PBX dialled, and the channel that its trunk's calls go out by; null: the trunk has just been removed.</summary>
    public (Dialled Dialled, ChannelId Channel)? Dial(SipCallInfo invite)
    {
        var snapshot = live.Snapshot;
        if (!snapshot.Trunks.TryGetValue(invite.Trunk, out var trunk))
            return null;
        return (Dialled.Of(Uri.UnescapeDataString(invite.TargetUser), invite.PhoneContext, trunk),
            new ChannelId(trunk.Channel ?? snapshot.Options.Channels[0].PhoneNumberId));
    }

    public CallIdentity Identify(CallDirection direction, ChannelId channel, WhatsAppUser user) =>
        new(new CallId(entropy.NextHex(32)), direction, channel, user, live.Options.Node.Id, start.Value);

    /// <param name="identity">Whose call.</param>
    /// <param name="details">The details that Meta reported of an inbound call.</param>
    public CallLoop Inbound(CallIdentity identity, InboundDetails details) => Create(
        new InboundCall(identity, live.Options.Calls, services.Clock.Now, services.Time.GetUtcNow())
        {
            MayRecord = live.Options.Recording.Folder is not null,
        },
        incoming: null, details, onConnected: _ => { });

    /// <param name="identity">Whose call.</param>
    /// <param name="invite">The PBX's INVITE.</param>
    /// <param name="onConnected">Passed Meta's id of the call.</param>
    public CallLoop Outbound(CallIdentity identity, SipCall invite, Action<CallLoop, WhatsAppCallId> onConnected) =>
        ToUser(new OutboundCall(identity, live.Options.Calls, services.Clock.Now, services.Time.GetUtcNow()), invite, onConnected);

    /// <summary>Rings an agent first.</summary>
    public CallLoop Callback(CallIdentity identity, Action<CallLoop, WhatsAppCallId> onConnected) =>
        ToUser(new CallbackCall(identity, live.Options.Calls, services.Clock.Now, services.Time.GetUtcNow()), null, onConnected);

    /// <summary>Goes on with a call of another node; its phone's dialog goes with it. Null: its channel or trunk is not here.</summary>
    public (CallLoop Loop, SipCall Phone)? Resume(SavedCall saved)
    {
        if (!CouldResume(saved) || trunks.Resume(saved.Phone) is not { } phone)
            return null;
        var call = ResumedCall.Of(
            saved.Call, live.Options.Calls, services.Clock.Now, services.Time.GetUtcNow(), saved.At,
            live.Options.Recording.Folder is not null);
        var loop = Create(call, null, saved.Details, onConnected: _ => { });
        services.Traces.Attach(phone, loop.Identity.Id);
        return (loop, phone);
    }

    /// <summary>Its channel and its trunk are here.</summary>
    public bool CouldResume(SavedCall saved) => Knows(saved.Call.Identity.Channel) && KnowsTrunk(saved.Phone.Dialog.Trunk);

    private CallLoop ToUser(CallToUser call, SipCall? invite, Action<CallLoop, WhatsAppCallId> onConnected)
    {
        CallLoop? loop = null;
        return loop = Create(call, invite, null, id => onConnected(loop!, id));
    }

    private CallLoop Create(Call call, SipCall? incoming, InboundDetails? details, Action<WhatsAppCallId> onConnected)
    {
        var identity = call.Identity;
        var snapshot = live.Snapshot; // the call keeps it to its end
        var (number, channel) = (snapshot.GraphNumberOf(identity.Channel)!, snapshot.Channels[identity.Channel]);
        var trace = services.Traces.Begin(identity, incoming?.Info);
        services.Traces.Attach(incoming, identity.Id);
        return new CallLoop(call, Legs, details, services, trace);

        SipInviteRequest Invite(CallRoute route) => Invitation(identity, channel, details, route, trace);

        CallLegs Legs(CallLoop loop)
        {
            var operations = new OperationQueue(loop.Fail);
            var legMedia = new CallMedia(media, identity.Id, loop, operations, services.Logger, trace);
            var toUser = new CallSounds(identity, services.Agents, legMedia, loop, CallLeg.WhatsApp);
            var toAgent = new CallSounds(identity, services.Agents, legMedia, loop, CallLeg.Pbx);
            var phones = new CallPhones(Phones(loop, PbxSide.First), Phones, legMedia, toAgent, loop);
            var agents = new AgentPhones(services.Agents.Directory, trunks, live.Options.Sip.Registrar.Trunk, Invite);
            var graphLeg = new GraphLeg(graph, number, identity, loop, onConnected, trace);
            return new CallLegs(graphLeg, phones, legMedia, (toUser, toAgent, agents), incoming, loop, operations);

            SipLegs Phones(ICallInbox inbox, PbxSide side) => new(
                identity.Id, trunks, Invite, new PbxMedia(legMedia, side), inbox, operations, services.Logger);
        }
    }

    private SipInviteRequest Invitation(
        CallIdentity identity, ChannelOptions channel, InboundDetails? details, CallRoute route, CallTracer? trace) =>
        new()
        {
            Trunk = route.Trunk,
            TargetUser = route.Target ?? channel.Target ?? "+" + channel.Number,
            Caller = new SipParty(
                identity.User.Phone is { } phone ? "+" + phone : identity.User.Handle, IdentityHeaders.Clean(identity.User.Name)),
            Headers = [.. IdentityHeaders.Of(identity, details, channel.Number), .. services.Traces.HeadersOf(trace, route.Trunk)],
            Correlation = identity.Id.Value,
        };
}
