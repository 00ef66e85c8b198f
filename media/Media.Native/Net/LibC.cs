using System.Runtime.InteropServices;

namespace Media.Native.Net;

/// <summary>A file descriptor that closes itself.</summary>
internal sealed class DescriptorHandle() : SafeHandle(invalidHandleValue: -1, ownsHandle: true)
{
    /// <summary>C returns an int: the upper half of the register is undefined.</summary>
    public override bool IsInvalid => (int)handle < 0;

    protected override bool ReleaseHandle() => LibC.Close((int)handle) == 0;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoVector
{
    internal byte* Base;
    internal nuint Length;
}

/// <summary>struct msghdr (sys/socket.h) on 64-bit Linux.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MessageHeader
{
    internal SocketAddressBytes* Name;
    internal uint NameLength;
    internal IoVector* Vectors;
    internal nuint VectorCount;
    internal void* Control;
    internal nuint ControlLength;
    internal int Flags;
}

/// <summary>struct mmsghdr: a message and, after the call, how many bytes it carried.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MultiMessageHeader
{
    internal MessageHeader Header;
    internal uint Length;
}

[StructLayout(LayoutKind.Sequential)]
internal struct TimeSpec
{
    internal nint Seconds;
    internal nint Nanoseconds;
}

/// <summary>
/// The part of Linux's C library that sockets, epoll, folders and threads need (64-bit, the same numbers on x86-64 and arm64).
/// </summary>
internal static unsafe partial class LibC
{
    private const string Name = "libc"; // the runtime maps it to the C library it runs on

    internal const int OpenCloseOnExec = 0x80000;

    internal const int SocketDatagram = 2;
    internal const int SocketNonBlocking = 0x800;
    internal const int SocketCloseOnExec = 0x80000;
    internal const int MessageTruncated = 0x20;
    internal const int MessageDontWait = 0x40;

    internal const int LevelSocket = 1;
    internal const int OptionSendBuffer = 7;
    internal const int OptionReceiveBuffer = 8;
    internal const int LevelIP = 0;
    internal const int OptionTypeOfService = 1;
    internal const int LevelIPv6 = 41;
    internal const int OptionIPv6Only = 26;
    internal const int OptionTrafficClass = 67;

    internal const int Interrupted = 4;
    internal const int WouldBlock = 11;
    internal const int AccessDenied = 13;
    internal const int TooManyFilesInSystem = 23;
    internal const int TooManyFiles = 24;
    internal const int AddressInUse = 98;
    internal const int AddressNotAvailable = 99;
    internal const int FamilyNotSupported = 97;
    internal const int NetworkUnreachable = 101;
    internal const int ConnectionRefused = 111;
    internal const int HostDown = 112;
    internal const int HostUnreachable = 113;

    /// <summary>sched(7): the usual policy, and children that do not inherit a niceness below zero.</summary>
    internal const int SchedulerOther = 0;
    internal const int SchedulerResetOnFork = 0x40000000;

    /// <summary>sched(7): before every thread of the usual policy, in turns with its equals.</summary>
    internal const int SchedulerRoundRobin = 2;

    /// <summary>PRIO_PROCESS, which on Linux means one thread; id 0 is the calling one.</summary>
    internal const int PriorityOfThread = 0;

    /// <summary>CLOCK_REALTIME.</summary>
    internal const int ClockOfDay = 0;

    /// <summary>CLOCK_THREAD_CPUTIME_ID.</summary>
    internal const int ClockOfThread = 3;

    /// <summary>SIOCGSTAMPNS of socket(7).</summary>
    internal const nuint TimeOfArrival = 0x8907;

    internal const uint EpollIn = 1;
    internal const int EpollAdd = 1;
    internal const int EpollDelete = 2;

    [LibraryImport(Name, EntryPoint = "socket", SetLastError = true)]
    internal static partial DescriptorHandle OpenSocket(int family, int type, int protocol);

    [LibraryImport(Name, EntryPoint = "close")]
    internal static partial int Close(int descriptor);

    [LibraryImport(Name, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial DescriptorHandle Open(string path, int flags);

    [LibraryImport(Name, EntryPoint = "fsync", SetLastError = true)]
    internal static partial int Flush(DescriptorHandle descriptor);

    [LibraryImport(Name, EntryPoint = "sched_setscheduler", SetLastError = true)]
    internal static partial int SetScheduler(int thread, int policy, int* parameters);

    /// <summary>The kernel's number of the calling thread, by which others can name it.</summary>
    [LibraryImport(Name, EntryPoint = "gettid")]
    internal static partial int GetThreadId();

    [LibraryImport(Name, EntryPoint = "setpriority", SetLastError = true)]
    internal static partial int SetPriority(int which, int id, int niceness);

    [LibraryImport(Name, EntryPoint = "clock_gettime", SetLastError = true)]
    internal static partial int GetTime(int clock, TimeSpec* time);

    [LibraryImport(Name, EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int Ask(DescriptorHandle socket, nuint what, TimeSpec* time);

    [LibraryImport(Name, EntryPoint = "bind", SetLastError = true)]
    internal static partial int Bind(DescriptorHandle socket, SocketAddressBytes* address, int length);

    [LibraryImport(Name, EntryPoint = "getsockname", SetLastError = true)]
    internal static partial int GetSocketName(DescriptorHandle socket, SocketAddressBytes* address, int* length);

    [LibraryImport(Name, EntryPoint = "setsockopt", SetLastError = true)]
    internal static partial int SetOption(DescriptorHandle socket, int level, int option, int* value, int length);

    [LibraryImport(Name, EntryPoint = "getsockopt", SetLastError = true)]
    internal static partial int GetOption(DescriptorHandle socket, int level, int option, int* value, int* length);

    [LibraryImport(Name, EntryPoint = "recvfrom", SetLastError = true)]
    internal static partial nint ReceiveFrom(
        DescriptorHandle socket, byte* buffer, nuint length, int flags, SocketAddressBytes* address, int* addressLength);

    [LibraryImport(Name, EntryPoint = "sendto", SetLastError = true)]
    internal static partial nint SendTo(
        DescriptorHandle socket, byte* buffer, nuint length, int flags, SocketAddressBytes* address, int addressLength);

    [LibraryImport(Name, EntryPoint = "recvmmsg", SetLastError = true)]
    internal static partial int ReceiveMany(DescriptorHandle socket, MultiMessageHeader* messages, uint count, int flags, nint timeout);

    [LibraryImport(Name, EntryPoint = "sendmmsg", SetLastError = true)]
    internal static partial int SendMany(DescriptorHandle socket, MultiMessageHeader* messages, uint count, int flags);

    [LibraryImport(Name, EntryPoint = "epoll_create1", SetLastError = true)]
    internal static partial DescriptorHandle CreateEpoll(int flags);

    [LibraryImport(Name, EntryPoint = "epoll_ctl", SetLastError = true)]
    internal static partial int ControlEpoll(DescriptorHandle epoll, int operation, DescriptorHandle descriptor, byte* descriptorEvent);

    [LibraryImport(Name, EntryPoint = "epoll_wait", SetLastError = true)]
    internal static partial int WaitEpoll(DescriptorHandle epoll, byte* events, int count, int milliseconds);

    /// <summary>glibc 2.35 and Linux 5.11; nanoseconds instead of milliseconds.</summary>
    [LibraryImport(Name, EntryPoint = "epoll_pwait2", SetLastError = true)]
    internal static partial int WaitEpoll(DescriptorHandle epoll, byte* events, int count, TimeSpec* timeout, nint signalMask);

    [LibraryImport(Name, EntryPoint = "eventfd", SetLastError = true)]
    internal static partial DescriptorHandle CreateEvent(uint initial, int flags);

    [LibraryImport(Name, EntryPoint = "read", SetLastError = true)]
    internal static partial nint Read(DescriptorHandle descriptor, ulong* value, nuint length);

    [LibraryImport(Name, EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(DescriptorHandle descriptor, ulong* value, nuint length);
}
