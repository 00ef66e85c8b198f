using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Gateway.Sip.Transactions;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Registrar;

/// <summary>The place of a message that a flow token is made for. A token of one kind is none of another.</summary>
internal enum FlowTokenKind : byte
{
    /// <summary>The Route to a registered phone.</summary>
    Contact = 1,

    /// <summary>The Record-Route of a dialog: the path to the phone, and that to the node that runs the call.</summary>
    Dialog,

    /// <summary>Our Via: the path that the request came by.</summary>
    Response,
}

/// <summary>The paths in a flow token.</summary>
/// <param name="Kind">What it is for.</param>
/// <param name="Flow">The path to the phone; in a Via that by which the request came.</param>
/// <param name="Node">In a dialog's: the path to the node that runs the call.</param>
internal readonly record struct FlowToken(FlowTokenKind Kind, SipFlow Flow, SipFlow Node = default);

/// <summary>
/// Writes paths as opaque text, and believes such text only where its own key has signed it (RFC 5626 §5.2). Short, since an INVITE with
/// several of them is to fit in a datagram.
/// </summary>
/// <remarks>
/// kind (1) · path · of a dialog's token the other path · HMAC-SHA-256 of these, cut to 12. A path is: transport (1) listener (1) port (2)
/// address (4; 16 where the transport has its highest bit set), and connection (8) of all but UDP.
/// </remarks>
internal sealed class FlowTokens(string secret)
{
    private const byte IsIPv6 = 0x80;
    private const int MaxFlow = 28;
    private const int MacLength = 12;
    private const int MaxLength = 1 + 2 * MaxFlow + MacLength;

    private readonly byte[] _key = Encoding.UTF8.GetBytes(secret);

    public string Write(FlowToken token)
    {
        Span<byte> bytes = stackalloc byte[MaxLength];
        bytes[0] = (byte)token.Kind;
        var length = 1 + WriteFlow(bytes[1..], token.Flow);
        if (token.Kind == FlowTokenKind.Dialog)
            length += WriteFlow(bytes[length..], token.Node);
        Sign(bytes[..length], bytes.Slice(length, MacLength));
        return Base64Url.EncodeToString(bytes[..(length + MacLength)]);
    }

    public bool TryRead(string text, out FlowToken token)
    {
        token = default;
        Span<byte> bytes = stackalloc byte[MaxLength];
        if (text.Length > Base64Url.GetEncodedLength(MaxLength) || !Base64Url.IsValid(text)
            || !Base64Url.TryDecodeFromChars(text, bytes, out var count) || count <= MacLength)
            return false;
        Span<byte> mac = stackalloc byte[MacLength];
        Sign(bytes[..(count - MacLength)], mac);
        if (!CryptographicOperations.FixedTimeEquals(mac, bytes[(count - MacLength)..count]))
            return false;
        ReadOnlySpan<byte> rest = bytes[1..]; // as we wrote it
        var (kind, flow) = ((FlowTokenKind)bytes[0], ReadFlow(ref rest));
        token = new FlowToken(kind, flow, kind == FlowTokenKind.Dialog ? ReadFlow(ref rest) : default);
        return true;
    }

    private void Sign(ReadOnlySpan<byte> bytes, Span<byte> mac)
    {
        Span<byte> whole = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, bytes, whole);
        whole[..MacLength].CopyTo(mac);
    }

    private static int WriteFlow(Span<byte> bytes, SipFlow flow)
    {
        bytes[0] = (byte)((byte)flow.Transport | (flow.Remote.IsIPv4 ? 0 : IsIPv6));
        bytes[1] = (byte)flow.Listener;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], flow.Remote.Port);
        var length = 4 + flow.Remote.WriteBytes(bytes[4..]);
        if (!flow.IsReliable)
            return length;
        BinaryPrimitives.WriteInt64BigEndian(bytes[length..], flow.Connection);
        return length + 8;
    }

    private static SipFlow ReadFlow(ref ReadOnlySpan<byte> bytes)
    {
        var (transport, end) = ((SipTransport)(bytes[0] & ~IsIPv6), (bytes[0] & IsIPv6) == 0 ? 8 : 20);
        var flow = new SipFlow(
            transport, TransportAddress.FromBytes(bytes[4..end], BinaryPrimitives.ReadUInt16BigEndian(bytes[2..])), bytes[1]);
        if (flow.IsReliable)
        {
            flow = flow with { Connection = BinaryPrimitives.ReadInt64BigEndian(bytes[end..]) };
            end += 8;
        }
        bytes = bytes[end..];
        return flow;
    }
}
