using System.Buffers.Binary;
using System.Text;
using Gateway.Sip.Transactions;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Capture;

/// <summary>What a HEP packet carries: the protocol type chunk of the specification.</summary>
public enum HepProtocol : byte
{
    Sip = 1,

    /// <summary>RTCP reports as JSON.</summary>
    Rtcp = 5,

    /// <summary>A line of a log: here an event of a call.</summary>
    Log = 100,
}

/// <summary>
/// One captured message in the Homer Encapsulation Protocol, version 3 (sipcapture/HEP, "HEP3 Network Protocol Specification").
/// </summary>
/// <param name="Protocol">What <paramref name="Payload"/> is.</param>
/// <param name="At">When it came or went, UTC.</param>
/// <param name="Source">Who sent it.</param>
/// <param name="Destination">Whom it was for; of the same IP version.</param>
/// <param name="Transport">TLS counts as TCP: the payload is what was inside.</param>
/// <param name="Correlation">What joins all packets of one call; null: nothing does.</param>
/// <param name="Payload">The message.</param>
public readonly record struct HepPacket(
    HepProtocol Protocol, DateTimeOffset At, TransportAddress Source, TransportAddress Destination, SipTransport Transport,
    string? Correlation, ReadOnlyMemory<byte> Payload)
{
    /// <summary>Bytes of all that is no text, at most.</summary>
    private const int Overhead = 160;

    private const byte InterNetwork = 2, InterNetworkV6 = 10, Tcp = 6, Udp = 17;

    /// <summary>
    /// Writes the packet. False: it does not fit into <paramref name="buffer"/>, or into the 16 bits of its length.
    /// </summary>
    /// <param name="buffer">Where to.</param>
    /// <param name="agent">The number of this capture agent.</param>
    /// <param name="password">What the server asks agents for; empty: nothing.</param>
    /// <param name="length">Bytes written.</param>
    /// <remarks><code>
    /// "HEP3" | length of all, 16 bits | chunks: vendor, 16 bits = 0 | type, 16 bits | length with these 6 bytes, 16 bits | value
    /// </code></remarks>
    public bool TryWrite(Span<byte> buffer, uint agent, string password, out int length)
    {
        length = 0;
        var texts = Encoding.UTF8.GetByteCount(password) + Encoding.UTF8.GetByteCount(Correlation ?? "");
        if (Overhead + texts + Payload.Length > Math.Min(buffer.Length, ushort.MaxValue))
            return false;
        var writer = new HepChunks(buffer);
        var isIPv4 = Source.IsIPv4;
        writer.Byte(0x0001, isIPv4 ? InterNetwork : InterNetworkV6);
        writer.Byte(0x0002, Transport == SipTransport.Udp ? Udp : Tcp);
        writer.Bytes((ushort)(isIPv4 ? 0x0003 : 0x0005), AddressOf(Source, isIPv4));
        writer.Bytes((ushort)(isIPv4 ? 0x0004 : 0x0006), AddressOf(Destination, isIPv4));
        writer.UInt16(0x0007, Source.Port);
        writer.UInt16(0x0008, Destination.Port);
        writer.UInt32(0x0009, (uint)At.ToUnixTimeSeconds());
        writer.UInt32(0x000a, (uint)(At.UtcTicks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMicrosecond));
        writer.Byte(0x000b, (byte)Protocol);
        writer.UInt32(0x000c, agent);
        if (password.Length > 0)
            writer.Text(0x000e, password);
        if (Correlation is not null)
            writer.Text(0x0011, Correlation);
        writer.Bytes(0x000f, Payload.Span);
        length = writer.Finish();
        return true;
    }

    private static ReadOnlySpan<byte> AddressOf(TransportAddress address, bool isIPv4)
    {
        var bytes = new byte[AddressBits.Size];
        address.Bits.Write(bytes);
        return isIPv4 ? bytes.AsSpan(12) : bytes;
    }
}
