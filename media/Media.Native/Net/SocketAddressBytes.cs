using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Media.Native.Net;

/// <summary>
/// A sockaddr_in or sockaddr_in6 as the kernel lays it out on Linux:
/// <code>
/// in   family(2, host order) port(2, network) address(4) zero(8)
/// in6  family(2, host order) port(2, network) flow(4) address(16) scope(4)
/// </code>
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = MaxSize)]
internal unsafe struct SocketAddressBytes
{
    internal const int MaxSize = 28;
    internal const ushort FamilyIPv4 = 2;
    internal const ushort FamilyIPv6 = 10;
    private const int IPv4Size = 16;

    private fixed byte _bytes[MaxSize];

    /// <summary>
    /// Writes <paramref name="address"/> for a socket of the given family and returns the length that the kernel expects.
    /// </summary>
    internal int Write(UdpAddress address, bool ipv6Socket)
    {
        var bytes = MemoryMarshal.CreateSpan(ref _bytes[0], MaxSize);
        bytes.Clear();
        BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], address.Port);
        if (!ipv6Socket)
        {
            MemoryMarshal.Write(bytes, FamilyIPv4);
            BinaryPrimitives.WriteUInt32BigEndian(bytes[4..], (uint)address.Bits.Low);
            return IPv4Size;
        }
        MemoryMarshal.Write(bytes, FamilyIPv6);
        address.Bits.Write(bytes[8..]);
        return MaxSize;
    }

    internal readonly UdpAddress Read()
    {
        fixed (byte* start = _bytes)
        {
            var bytes = new ReadOnlySpan<byte>(start, MaxSize);
            var port = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
            return MemoryMarshal.Read<ushort>(bytes) == FamilyIPv6
                ? new(Bits128.Read(bytes[8..]), port)
                : UdpAddress.FromIPv4(BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]), port);
        }
    }
}
