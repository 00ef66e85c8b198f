using Gateway.Sip.Messages;
using Gateway.Sip.Profiles;
using Gateway.Sip.Transactions;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Dialogs;

/// <summary>What happened to a call; null is a new incoming call.</summary>
public readonly record struct UserAgentEvent(InviteSession Session, SipCallEvent? Event);

/// <summary>What all calls of one user agent share.</summary>
public sealed class UserAgentContext
{
    private static readonly SipMethod[] Methods =
    [
        SipMethod.Invite, SipMethod.Ack, SipMethod.Cancel, SipMethod.Bye, SipMethod.Options, SipMethod.Prack, SipMethod.Update, SipMethod.Info, SipMethod.Refer,
    ];

    private readonly DeadlineQueue<InviteSession> _deadlines;

    internal UserAgentContext(TransactionLayer layer, string product, DeadlineQueue<InviteSession> deadlines)
    {
        Layer = layer;
        Product = product;
        _deadlines = deadlines;
    }

    public SipCapabilities Capabilities { get; } =
        new(Methods, ["100rel", "timer", "replaces"], [MediaType.Sdp, MediaType.DtmfRelay, MediaType.Dtmf]);

    internal TransactionLayer Layer { get; }

    internal LocalAddresses Local => Layer.Context.Local;

    internal TransactionTimers Timers => Layer.Context.Timers;

    internal Queue<UserAgentEvent> Events { get; } = new();

    private string Product { get; }

    internal void Emit(InviteSession session, SipCallEvent? callEvent) => Events.Enqueue(new UserAgentEvent(session, callEvent));

    /// <summary>Call after anything that may have moved the session's deadline.</summary>
    internal void Schedule(InviteSession session) => _deadlines.Schedule(session);

    internal SipResponse CreateResponse(SipRequest request, int status, string localTag, string? phrase = null)
    {
        var response = SipResponse.CreateFor(request, status, localTag, phrase);
        response.Headers.Add("Server", Product);
        return response;
    }

    internal void AddCommonHeaders(SipRequest request) => request.Headers.Add("User-Agent", Product);

    /// <summary>Allow and Supported as this trunk shall see them, in what starts or refreshes a session.</summary>
    internal void AddAbilities(SipMessage message, Trunk trunk)
    {
        message.Headers.Add("Allow", Capabilities.Allow);
        var extensions = Capabilities.Extensions.Where(extension => extension switch
        {
            "100rel" => trunk.Profile.ReliableProvisional != ReliableProvisional.Off,
            "replaces" => trunk.Profile.Replaces,
            _ => trunk.SessionExpires > 0,
        });
        var supported = string.Join(", ", extensions);
        if (supported.Length > 0)
            message.Headers.Add("Supported", supported);
    }

    internal string ContactFor(SipFlow flow, string user)
    {
        var uri = SipUri.Create(user.Length == 0 ? null : user, Local.AdvertisedTo(flow));
        return new NameAddr(flow.IsReliable ? uri.WithParameter("transport", flow.Transport == SipTransport.Tls ? "tls" : "tcp") : uri).ToString();
    }

    /// <summary>For Retry-After: 0 to <paramref name="most"/> seconds, so that peers do not come back together.</summary>
    internal string RandomSeconds(uint most) => $"{Layer.Context.Entropy.NextUInt32() % (most + 1)}";
}
