using Media.Protocols.Primitives;
using Media.Protocols.Stun;

namespace Gateway.Sip.Registrar;

/// <summary>
/// STUN on a SIP port (RFC 5626 §4.4.2, §8): a phone over UDP keeps its NAT's binding alive by it, and sees when its address changes.
/// </summary>
internal static class StunKeepAlive
{
    /// <summary>A SIP message begins with a letter or a line end (RFC 5626 §8.1).</summary>
    public static bool IsStun(ReadOnlySpan<byte> datagram) => datagram.Length > 0 && datagram[0] <= 3;

    /// <summary>The success response to a Binding request, which says where the request came from; null: nothing is answered.</summary>
    public static byte[]? Answer(ReadOnlySpan<byte> datagram, TransportAddress source)
    {
        if (!StunReader.TryRead(datagram, out var request, out _) || request.Class != StunClass.Request)
            return null;
        var buffer = new byte[64];
        var response = new StunWriter(buffer, StunClass.Success, request.TransactionId);
        response.AddXorMappedAddress(source);
        return response.TryFinish(out var length) ? buffer[..length] : null;
    }
}
