using System.Net;
using System.Net.Sockets;
using Media.Engine;
using Media.Protocols.Sdp;

namespace Gateway.Worker.Legs;

/// <summary>The steps of a pbx leg that take a description of the PBX: host names in it become addresses first.</summary>
internal static class PbxDescriptions
{
    /// <summary>A peer waits for an answer meanwhile.</summary>
    private static readonly TimeSpan LookUpTimeout = TimeSpan.FromSeconds(2);

    public static async Task<SdpResult> AnswerPbxAsync(this MediaCall media, string offer, PbxMediaProfile profile) =>
        await media.AnswerPbxOfferAsync(await ResolveAsync(offer), profile);

    public static async Task<SdpResult> ApplyPbxAsync(this MediaCall media, string answer, bool early) =>
        await media.ApplyPbxAnswerAsync(await ResolveAsync(answer), early);

    /// <summary>What cannot be resolved stays as it is, and is refused as such.</summary>
    internal static async Task<string> ResolveAsync(string sdp)
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
