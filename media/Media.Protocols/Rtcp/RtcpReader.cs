using System.Buffers.Binary;

namespace Media.Protocols.Rtcp;

/// <summary>
/// An iterator over one plain (or already unprotected) RTCP compound packet (RFC 3550 §6.1). Its packets' lengths are checked at once,
/// their contents on access. Reduced-size compounds (RFC 5506) are read too: any type may come first.
/// </summary>
public ref struct RtcpReader
{
    private const int HeaderLength = 4;
    private const byte VersionMask = 0xC0;
    private const byte Version = 0x80;
    private const byte PaddingFlag = 0x20;

    private ReadOnlySpan<byte> _rest;

    private RtcpReader(ReadOnlySpan<byte> compound) => _rest = compound;

    public static bool TryRead(ReadOnlySpan<byte> compound, out RtcpReader reader) => TryRead(compound, out reader, out _);

    /// <summary>False, with the reason, when the packets do not add up to <paramref name="compound"/>; never throws.</summary>
    public static bool TryRead(ReadOnlySpan<byte> compound, out RtcpReader reader, out RtcpReadError error)
    {
        reader = default;
        error = Check(compound);
        if (error != RtcpReadError.None)
            return false;
        reader = new RtcpReader(compound);
        return true;
    }

    /// <summary>The next packet; false after the last.</summary>
    public bool TryReadNext(out RtcpPacket packet)
    {
        packet = default;
        if (_rest.IsEmpty)
            return false;
        var length = PacketLength(_rest);
        var padding = (_rest[0] & PaddingFlag) != 0 ? _rest[length - 1] : 0;
        packet = new RtcpPacket((RtcpPacketType)_rest[1], _rest[0] & 0x1F, _rest[HeaderLength..(length - padding)]);
        _rest = _rest[length..];
        return true;
    }

    private static RtcpReadError Check(ReadOnlySpan<byte> rest)
    {
        do
        {
            if (rest.Length < HeaderLength)
                return RtcpReadError.TooShort;
            if ((rest[0] & VersionMask) != Version)
                return RtcpReadError.BadVersion;
            var length = PacketLength(rest);
            if (length > rest.Length)
                return RtcpReadError.Truncated;
            if ((rest[0] & PaddingFlag) != 0)
            {
                var padding = rest[length - 1];
                if (length != rest.Length || padding == 0 || padding > length - HeaderLength)
                    return RtcpReadError.BadPadding;
            }
            rest = rest[length..];
        }
        while (!rest.IsEmpty);
        return RtcpReadError.None;
    }

    private static int PacketLength(ReadOnlySpan<byte> packet) => (BinaryPrimitives.ReadUInt16BigEndian(packet[2..]) + 1) * 4;
}
