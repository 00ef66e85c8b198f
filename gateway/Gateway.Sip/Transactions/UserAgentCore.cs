using Gateway.Sip.Messages;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Transactions;

/// <summary>The common part of everything that one user agent sends and answers: its transactions, what it can do, and its names.</summary>
public sealed class UserAgentCore(TransactionLayer layer, string product)
{
    private static readonly SipMethod[] Methods =
    [
        SipMethod.Invite, SipMethod.Ack, SipMethod.Cancel, SipMethod.Bye, SipMethod.Options, SipMethod.Prack, SipMethod.Update,
        SipMethod.Info, SipMethod.Refer,
    ];

    public SipCapabilities Capabilities { get; } =
        new(Methods, ["100rel", "timer", "replaces"], [MediaType.Sdp, MediaType.DtmfRelay, MediaType.Dtmf]);

    public TransactionLayer Layer => layer;

    public LocalAddresses Local => layer.Context.Local;

    internal TransactionTimers Timers => layer.Context.Timers;

    internal IEntropy Entropy => layer.Context.Entropy;

    internal SipResponse CreateResponse(SipRequest request, int status, string localTag, string? phrase = null)
    {
        var response = SipResponse.CreateFor(request, status, localTag, phrase);
        response.Headers.Add("Server", product);
        return response;
    }

    internal void AddCommonHeaders(SipRequest request) => request.Headers.Add("User-Agent", product);

    internal void AddCapabilities(SipResponse response)
    {
        response.Headers.Add("Allow", Capabilities.Allow);
        response.Headers.Add("Accept", Capabilities.Accept);
        response.Headers.Add("Supported", Capabilities.Supported);
    }

    internal string ContactFor(SipFlow flow, string user)
    {
        var uri = SipUri.Create(user.Length == 0 ? null : user, Local.AdvertisedTo(flow));
        return new NameAddr(flow.IsReliable ? uri.WithParameter("transport", WireName.Of(flow.Transport)) : uri)
            .ToString();
    }

    /// <summary>For Retry-After: 0 to <paramref name="most"/> seconds, so that peers do not come back together.</summary>
    internal string RandomSeconds(uint most) => $"{Entropy.NextUInt32() % (most + 1)}";
}
