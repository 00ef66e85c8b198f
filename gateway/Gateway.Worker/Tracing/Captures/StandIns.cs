using System.Net;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Tracing.Captures;

/// <summary>
/// The addresses that stand for the gateway, the user and the PBX where media is shown in the clear (RFC 5737): it never travelled so
/// between the true ones. The two legs differ by port.
/// </summary>
internal static class StandIns
{
    private const int ToUser = 4000, ToPbx = 5000;

    private static readonly IPAddress Gateway = IPAddress.Parse("192.0.2.1"), User = IPAddress.Parse("192.0.2.2"),
        Pbx = IPAddress.Parse("192.0.2.3");

    /// <summary>The way of a packet.</summary>
    /// <param name="leg">Whose.</param>
    /// <param name="isSent">From the gateway.</param>
    /// <param name="isRtcp">One port above RTP.</param>
    public static (TransportAddress From, TransportAddress To) Of(CallLeg leg, bool isSent, bool isRtcp)
    {
        var (peer, first) = leg == CallLeg.WhatsApp ? (User, ToUser) : (Pbx, ToPbx);
        var port = first + (isRtcp ? 1 : 0);
        var (ours, theirs) = (TransportAddress.From(Gateway, port), TransportAddress.From(peer, port));
        return isSent ? (ours, theirs) : (theirs, ours);
    }
}
