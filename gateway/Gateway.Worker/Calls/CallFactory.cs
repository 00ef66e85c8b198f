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
using Media.Engine;
using Media.Engine.Loop;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Calls;

/// <summary>Puts one call together: its machine, its legs and its loop.</summary>
internal sealed class CallFactory(
    GatewayOptions options, PbxTrunks trunks, MediaEngine media, GraphClient graph, CallServices services, NodeStart start,
    IEntropy entropy)
{
    private readonly Dictionary<ChannelId, ChannelOptions> _channels = options.Channels.ToDictionary(c => new ChannelId(c.PhoneNumberId));
    private readonly Dictionary<string, TrunkConfiguration> _trunkSettings = options.Sip.AllTrunks().ToDictionary(t => t.Name);

    /// <summary>This node's id.</summary>
    public string Node => options.Node.Id;

    /// <summary>The business numbers of this node.</summary>
    public IReadOnlyCollection<ChannelId> Channels => _channels.Keys;

    public bool Knows(ChannelId channel) => _channels.ContainsKey(channel);

    public bool KnowsTrunk(string trunk) => _trunkSettings.ContainsKey(trunk);

    /// <summary>Whom a PBX dialled.</summary>
    public Dialled Dial(SipCallInfo invite) =>
        Dialled.Of(Uri.UnescapeDataString(invite.TargetUser), invite.PhoneContext, _trunkSettings[invite.Trunk]);

    /// <summary>The channel that a trunk's calls go out by.</summary>
    public ChannelId ChannelOf(string trunk) => new(_trunkSettings[trunk].Channel ?? options.Channels[0].PhoneNumberId);

    public CallIdentity Identify(CallDirection direction, ChannelId channel, WhatsAppUser user) =>
        new(new CallId(entropy.NextHex(32)), direction, channel, user, options.Node.Id, start.Value);

    /// <param name="identity">Whose call.</param>
    /// <param name="details">The details that Meta reported of an inbound call.</param>
    public CallLoop Inbound(CallIdentity identity, InboundDetails details) => Create(
        new InboundCall(identity, options.Calls, services.Clock.Now, services.Time.GetUtcNow())
        {
            MayRecord = options.Recording.Folder is not null,
        },
        incoming: null, details, onConnected: _ => { });

    /// <param name="identity">Whose call.</param>
    /// <param name="invite">The PBX's INVITE.</param>
    /// <param name="onConnected">Passed Meta's id of the call.</param>
    public CallLoop Outbound(CallIdentity identity, SipCall invite, Action<CallLoop, WhatsAppCallId> onConnected) =>
        ToUser(new OutboundCall(identity, options.Calls, services.Clock.Now, services.Time.GetUtcNow()), invite, onConnected);

    /// <summary>Rings an agent first.</summary>
    public CallLoop Callback(CallIdentity identity, Action<CallLoop, WhatsAppCallId> onConnected) =>
        ToUser(new CallbackCall(identity, options.Calls, services.Clock.Now, services.Time.GetUtcNow()), null, onConnected);

    /// <summary>Goes on with a call of another node; its phone's dialog goes with it. Null: its channel or trunk is not here.</summary>
    public (CallLoop Loop, SipCall Phone)? Resume(SavedCall saved)
    {
        if (!CouldResume(saved) || trunks.Resume(saved.Phone) is not { } phone)
            return null;
        var call = ResumedCall.Of(
            saved.Call, options.Calls, services.Clock.Now, services.Time.GetUtcNow(), saved.At, options.Recording.Folder is not null);
        return (Create(call, null, saved.Details, onConnected: _ => { }), phone);
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
        var number = options.GraphNumberOf(identity.Channel)!;
        return new CallLoop(call, Legs, details, services);

        SipInviteRequest Invite(CallRoute route) => Invitation(identity, details, route);

        CallLegs Legs(CallLoop loop)
        {
            var operations = new OperationQueue(loop.Fail);
            var legMedia = new CallMedia(media, identity.Id, loop, operations, services.Logger);
            var toUser = new CallSounds(identity, services.Agents, legMedia, loop, CallLeg.WhatsApp);
            var toAgent = new CallSounds(identity, services.Agents, legMedia, loop, CallLeg.Pbx);
            var phones = new CallPhones(Phones(loop, PbxSide.First), Phones, legMedia, toAgent, loop);
            var agents = new AgentPhones(services.Agents.Directory, trunks, options.Sip.Registrar.Trunk, Invite);
            var graphLeg = new GraphLeg(graph, number, identity, loop, onConnected);
            return new CallLegs(graphLeg, phones, legMedia, (toUser, toAgent, agents), incoming, loop, operations);

            SipLegs Phones(ICallInbox inbox, PbxSide side) => new(
                identity.Id, trunks, Invite, new PbxMedia(legMedia, side), inbox, operations, services.Logger);
        }
    }

    private SipInviteRequest Invitation(CallIdentity identity, InboundDetails? details, CallRoute route)
    {
        var channel = _channels[identity.Channel];
        return new SipInviteRequest
        {
            Trunk = route.Trunk,
            TargetUser = route.Target ?? channel.Target ?? "+" + channel.Number,
            Caller = new SipParty(
                identity.User.Phone is { } phone ? "+" + phone : identity.User.Handle, IdentityHeaders.Clean(identity.User.Name)),
            Headers = IdentityHeaders.Of(identity, details, channel.Number),
        };
    }
}
