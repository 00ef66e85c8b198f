using Media.Native.Dtls;
using Media.Native.Net;
using Media.Protocols.Primitives;

namespace Benchmarks;

/// <summary>
/// The two peers of one bridged call, whose packets were encoded beforehand. The load's thread sends, another receives.
/// </summary>
internal sealed class BridgeFarEnd : IDisposable
{
    private const int HeaderSize = 12;

    private readonly SpeechPackets _speech;
    private readonly CostOptions _options;
    private readonly int _call;
    private readonly FrameTimes _toPhone;
    private readonly FrameTimes _toUser;

    /// <param name="options">What the two send.</param>
    /// <param name="speech">Their packets.</param>
    /// <param name="call">Where in it they begin.</param>
    /// <param name="certificate">The user's.</param>
    /// <param name="sockets">The user's and the phone's; disposed with this object.</param>
    public BridgeFarEnd(
        CostOptions options, SpeechPackets speech, int call, DtlsCertificate certificate, (UdpSocket User, UdpSocket Phone) sockets)
    {
        (_options, _speech, _call) = (options, speech, call);
        User = new UserEnd(options, certificate, sockets.User);
        Phone = new PhoneEnd(options, sockets.Phone);
        _toPhone = new FrameTimes(SpeechFormat.Of(options.PhoneCodec).UnitsPerFrame);
        _toUser = new FrameTimes(SpeechFormat.Of(options.UserCodec).UnitsPerFrame);
    }

    public UserEnd User { get; }

    public PhoneEnd Phone { get; }

    /// <summary>RTP packets that came back: at the phone, and authentic ones at the user.</summary>
    public long Delivered { get; private set; }

    /// <summary>What the phone heard, and the user.</summary>
    public (HeardGap AtPhone, HeardGap AtUser) Gaps { get; } = (new HeardGap(), new HeardGap());

    /// <summary>Sends both peers' packets of one frame. The load's thread.</summary>
    /// <returns>The number of packets.</returns>
    public int Turn(int frame)
    {
        if (!User.IsConnected)
            return 0;
        _toPhone.Send(frame, TimeProvider.System.GetTimestamp());
        User.Send(_speech.Of(_options.UserCodec, _call, frame), frame);
        if (!Phone.IsConnected)
            return 1;
        _toUser.Send(frame, TimeProvider.System.GetTimestamp());
        Phone.Send(_speech.Of(_options.PhoneCodec, _call, frame), frame);
        return 2;
    }

    /// <summary>Takes one waiting datagram. The receiver's thread.</summary>
    /// <returns>The time since its frame left the other end, in ticks of the time provider; -1 for anything but audio.</returns>
    public long Receive(bool atPhone, Span<byte> buffer, Instant now)
    {
        var socket = atPhone ? Phone.Socket : User.Socket;
        if (!socket.TryReceive(buffer, out var length, out var remote) || length <= HeaderSize)
            return -1;
        // What waits here, such as for a collection of garbage, has been delivered.
        var received = TimeProvider.System.GetTimestamp()
            - (long)(socket.SinceArrival().TotalSeconds * TimeProvider.System.TimestampFrequency);
        var datagram = buffer[..length];
        if (!(atPhone ? length == HeaderSize + 160 || _options.IsPassThrough : User.Handle(datagram, remote, now)))
            return -1;
        Delivered++;
        (atPhone ? Gaps.AtPhone : Gaps.AtUser).Note(received);
        return (atPhone ? _toPhone : _toUser).DelayOf(datagram, received);
    }

    public void Dispose()
    {
        User.Dispose();
        Phone.Dispose();
    }
}
