using System.Net;
using System.Net.Sockets;
using Gateway.Sip.Dialogs;
using Media.Protocols.Sdp;

namespace Gateway.Worker.Legs;

/// <summary>Host names in a PBX's descriptions become addresses before anything negotiates with them.</summary>
internal static class PbxDescriptions
{
    /// <summary>A peer waits for an answer meanwhile.</summary>
    private static readonly TimeSpan LookUpTimeout = TimeSpan.FromSeconds(2);

    /// <summary>The same event with addresses in its description, where it has one.</summary>
    public static async Task<SipCallEvent> ResolveAsync(SipCallEvent happened) => happened switch
    {
        SipCallEvent.Provisional { Sdp: { } sdp } provisional => provisional with { Sdp = await ResolveAsync(sdp) },
        SipCallEvent.Answered { Sdp: { } sdp } answered => answered with { Sdp = await ResolveAsync(sdp) },
        SipCallEvent.AnswerReceived answer => new SipCallEvent.AnswerReceived(await ResolveAsync(answer.Sdp)),
        SipCallEvent.OfferReceived { Sdp: { } sdp } => new SipCallEvent.OfferReceived(await ResolveAsync(sdp)),
        _ => happened,
    };

    /// <summary>Replaces host names by their addresses. A name that cannot be resolved stays as it is, and is refused as such.</summary>
    public static async Task<string> ResolveAsync(string sdp)
    {
        foreach (var name in SdpHosts.Find(sdp))
            if (await LookUpAsync(name) is { } address)
                sdp = SdpHosts.Replace(sdp, name, address);
        return sdp;
    }

    /// <summary>By the system's resolver, its hosts file included; of the family that the line states, else of any.</summary>
    private static async Task<IPAddress?> LookUpAsync(SdpConnection name)
    {
        try
        {
            using var timeout = new CancellationTokenSource(LookUpTimeout);
            var addresses = await Dns.GetHostAddressesAsync(name.Host, timeout.Token).WaitAsync(timeout.Token);
            return addresses.FirstOrDefault(address => address.AddressFamily == name.Family) ?? addresses.FirstOrDefault();
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return null;
        }
    }
}
