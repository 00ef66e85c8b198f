using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Media.Native.Net;

/// <summary>
/// A non-blocking UDP socket. A network error (ICMP, a full buffer, no route) is a result, never an exception
/// and never the end of the socket. Sending and receiving allocate nothing. One thread at a time.
/// </summary>
public sealed unsafe class UdpSocket : IDisposable
{
    private const int MaxPendingErrors = 3; // a socket reports each ICMP error once; more than this in one call can wait for the next

    private readonly bool _ipv6;

    private UdpSocket(DescriptorHandle handle, bool ipv6, UdpAddress local)
    {
        Handle = handle;
        _ipv6 = ipv6;
        Local = local;
    }

    /// <summary>The address it is bound to, with the port that the kernel chose for 0.</summary>
    public UdpAddress Local { get; }

    /// <summary>Datagrams dropped because they were longer than the buffer offered.</summary>
    public long Truncated { get; private set; }

    /// <summary>ICMP errors the kernel reported on this socket.</summary>
    public long NetworkErrors { get; private set; }

    internal DescriptorHandle Handle { get; }

    /// <summary>Opens a socket of the address's family and binds it; port 0 lets the kernel choose.</summary>
    public static bool TryBind(
        UdpAddress local, UdpSocketOptions? options, [NotNullWhen(true)] out UdpSocket? socket, out UdpBindError error)
    {
        options ??= new UdpSocketOptions();
        socket = null;
        var ipv6 = !local.IsIPv4;
        var handle = LibC.OpenSocket(ipv6 ? SocketAddressBytes.FamilyIPv6 : SocketAddressBytes.FamilyIPv4,
            LibC.SocketDatagram | LibC.SocketNonBlocking | LibC.SocketCloseOnExec, 0);
        SocketAddressBytes address = default;
        if (handle.IsInvalid
            || !TryConfigure(handle, ipv6, options)
            || LibC.Bind(handle, &address, address.Write(local, ipv6)) != 0
            || !TryGetLocal(handle, out var bound))
        {
            error = ToBindError(Marshal.GetLastPInvokeError());
            handle.Dispose();
            return false;
        }
        error = UdpBindError.None;
        socket = new UdpSocket(handle, ipv6, bound);
        return true;
    }

    /// <summary>Takes one waiting datagram; false when there is none.</summary>
    /// <param name="buffer">A longer datagram is dropped and counted, since half a packet is no packet.</param>
    /// <param name="length">Bytes received; 0 is a legal datagram.</param>
    /// <param name="remote">The sender.</param>
    public bool TryReceive(Span<byte> buffer, out int length, out UdpAddress remote)
    {
        SocketAddressBytes address;
        fixed (byte* bytes = buffer)
        {
            for (var attempt = 0; attempt < MaxPendingErrors; attempt++)
            {
                var addressLength = SocketAddressBytes.MaxSize;
                length = (int)LibC.ReceiveFrom(
                    Handle, bytes, (nuint)buffer.Length, LibC.MessageTruncated, &address, &addressLength);
                if (length >= 0 && length <= buffer.Length)
                {
                    remote = address.Read();
                    return true;
                }
                if (length > buffer.Length)
                    Truncated++;
                else if (!ShouldRetry(Marshal.GetLastPInvokeError()))
                    break;
            }
        }
        length = 0;
        remote = default;
        return false;
    }

    /// <summary>
    /// The time since the datagram that was received last came to this host. From the first question on the kernel notes arrivals: for
    /// what came before it is zero.
    /// </summary>
    public TimeSpan SinceArrival()
    {
        TimeSpec arrived, now;
        if (LibC.Ask(Handle, LibC.TimeOfArrival, &arrived) != 0 || LibC.GetTime(LibC.ClockOfDay, &now) != 0)
            return TimeSpan.Zero;
        var since = TimeSpan.FromSeconds(now.Seconds - arrived.Seconds)
            + TimeSpan.FromMicroseconds((now.Nanoseconds - arrived.Nanoseconds) / 1e3);
        return since > TimeSpan.Zero ? since : TimeSpan.Zero;
    }

    /// <summary>Sends one datagram.</summary>
    public UdpSendResult Send(ReadOnlySpan<byte> datagram, UdpAddress remote)
    {
        if (!_ipv6 && !remote.IsIPv4)
            return UdpSendResult.Refused;
        SocketAddressBytes address;
        var addressLength = address.Write(remote, _ipv6);
        fixed (byte* bytes = datagram)
        {
            for (var attempt = 0; attempt < MaxPendingErrors; attempt++)
            {
                if (LibC.SendTo(Handle, bytes, (nuint)datagram.Length, 0, &address, addressLength) >= 0)
                    return UdpSendResult.Sent;
                var error = Marshal.GetLastPInvokeError();
                if (error == LibC.WouldBlock)
                    return UdpSendResult.WouldBlock;
                if (!ShouldRetry(error))
                    break;
            }
        }
        return UdpSendResult.Refused;
    }

    /// <summary>Fills <paramref name="batch"/> with waiting datagrams in one call and returns their number.</summary>
    public int Receive(UdpReceiveBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var count = -1;
        fixed (MultiMessageHeader* messages = batch.Prepare())
        {
            for (var attempt = 0; count < 0 && attempt < MaxPendingErrors; attempt++)
            {
                count = LibC.ReceiveMany(Handle, messages, (uint)batch.Capacity, LibC.MessageDontWait, 0);
                if (count < 0 && !ShouldRetry(Marshal.GetLastPInvokeError()))
                    break;
            }
        }
        var received = Math.Max(count, 0);
        var kept = batch.Accept(received);
        Truncated += received - kept;
        return kept;
    }

    /// <summary>
    /// Sends everything in <paramref name="batch"/>, in order, and empties it. A datagram the kernel refuses is skipped; when the send
    /// buffer is full the rest is dropped.
    /// </summary>
    /// <returns>The number sent.</returns>
    public int Send(UdpSendBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var (next, sent) = (0, 0);
        fixed (MultiMessageHeader* messages = batch.Address(_ipv6))
        {
            while (next < batch.Count)
            {
                var count = LibC.SendMany(Handle, messages + next, (uint)(batch.Count - next), LibC.MessageDontWait);
                if (count > 0)
                {
                    next += count;
                    sent += count;
                    continue;
                }
                var error = Marshal.GetLastPInvokeError();
                if (error == LibC.WouldBlock)
                    break;
                if (error != LibC.Interrupted)
                    next++; // the error belongs to the first message of this call
            }
        }
        batch.Clear();
        return sent;
    }

    public void Dispose() => Handle.Dispose();

    /// <summary>True when the call is worth repeating: it was interrupted, or it only delivered an earlier datagram's ICMP error.</summary>
    private bool ShouldRetry(int error)
    {
        if (error == LibC.Interrupted)
            return true;
        if (error is not (LibC.ConnectionRefused or LibC.HostUnreachable or LibC.NetworkUnreachable or LibC.HostDown))
            return false;
        NetworkErrors++;
        return true;
    }

    private static bool TryConfigure(DescriptorHandle handle, bool ipv6, UdpSocketOptions options)
    {
        var trafficClass = options.Dscp << 2;
        if (options.ReceiveBufferSize is { } receive)
            Set(handle, LibC.LevelSocket, LibC.OptionReceiveBuffer, receive);
        if (options.SendBufferSize is { } send)
            Set(handle, LibC.LevelSocket, LibC.OptionSendBuffer, send);
        if (!ipv6)
            return Set(handle, LibC.LevelIP, LibC.OptionTypeOfService, trafficClass);
        return Set(handle, LibC.LevelIPv6, LibC.OptionIPv6Only, options.DualStack ? 0 : 1)
            && Set(handle, LibC.LevelIPv6, LibC.OptionTrafficClass, trafficClass)
            && (!options.DualStack || Set(handle, LibC.LevelIP, LibC.OptionTypeOfService, trafficClass));
    }

    private static bool Set(DescriptorHandle handle, int level, int option, int value) =>
        LibC.SetOption(handle, level, option, &value, sizeof(int)) == 0;

    private static bool TryGetLocal(DescriptorHandle handle, out UdpAddress local)
    {
        SocketAddressBytes address;
        var length = SocketAddressBytes.MaxSize;
        var ok = LibC.GetSocketName(handle, &address, &length) == 0;
        local = ok ? address.Read() : default;
        return ok;
    }

    private static UdpBindError ToBindError(int error) => error switch
    {
        LibC.AddressInUse => UdpBindError.AddressInUse,
        LibC.AddressNotAvailable or LibC.FamilyNotSupported => UdpBindError.AddressNotAvailable,
        LibC.AccessDenied => UdpBindError.AccessDenied,
        LibC.TooManyFiles or LibC.TooManyFilesInSystem => UdpBindError.TooManyDescriptors,
        _ => UdpBindError.Other,
    };
}
