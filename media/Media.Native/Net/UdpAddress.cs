using System.Net;

namespace Media.Native.Net;

/// <summary>
/// An IP address and port as a value. IPv4 is kept IPv4-mapped (RFC 4291 §2.5.5.2), so the bits are those of the protocol core's
/// transport address and cross to it without conversion.
/// </summary>
/// <param name="Bits">The 128-bit IPv6 form, most significant byte first on the wire.</param>
/// <param name="Port">In host order.</param>
public readonly record struct UdpAddress(Bits128 Bits, ushort Port)
{
    private const ulong MappedPrefix = 0x0000_FFFF_0000_0000;

    public bool IsIPv4 => Bits.High == 0 && Bits.Low >> 32 == MappedPrefix >> 32;

    public static UdpAddress FromIPv4(uint address, ushort port) => new(new(0, MappedPrefix | address), port);

    public static UdpAddress From(IPEndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        Span<byte> bytes = stackalloc byte[16];
        endPoint.Address.MapToIPv6().TryWriteBytes(bytes, out _);
        return new(Bits128.Read(bytes), (ushort)endPoint.Port);
    }

    public IPEndPoint ToIPEndPoint()
    {
        Span<byte> bytes = stackalloc byte[16];
        Bits.Write(bytes);
        return new(IsIPv4 ? new IPAddress(bytes[12..]) : new IPAddress(bytes), Port);
    }

    public override string ToString() => ToIPEndPoint().ToString();
}
