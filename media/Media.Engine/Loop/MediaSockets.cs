using Media.Native.Net;

namespace Media.Engine.Loop;

/// <summary>
/// Kernel buffers of the two kinds of media sockets. A loop that is busy for a moment must find the packets of that moment.
/// </summary>
internal static class MediaSockets
{
    /// <summary>One for all WhatsApp legs of a loop.</summary>
    public static readonly UdpSocketOptions Shared = new() { ReceiveBufferSize = 4 << 20, SendBufferSize = 1 << 20 };

    /// <summary>One PBX leg's: a second of G.711 and more.</summary>
    public static readonly UdpSocketOptions Single = new() { ReceiveBufferSize = 64 << 10, SendBufferSize = 64 << 10 };
}
