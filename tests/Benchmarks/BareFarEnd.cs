using Media.Native.Net;

namespace Benchmarks;

/// <summary>The two peers of one bare call: a WhatsApp user with keys agreed beforehand, and a phone.</summary>
internal sealed class BareFarEnd(CostOptions options, SpeechPackets speech, int call, UdpSocket user, UdpSocket phone)
{
    private const int HeaderSize = 12;

    private readonly BareSrtp _toBridge = new(options.Profile, seed: 1);
    private readonly BareSrtp _fromBridge = new(options.Profile, seed: 2);
    private readonly byte[] _buffer = new byte[1500];

    public UdpAddress User => user.Local;

    public UdpAddress Phone => phone.Local;

    /// <summary>Packets that came back whole: audio at the phone, authentic packets at the user.</summary>
    public long Delivered { get; private set; }

    public void Turn(int frame, UdpAddress whatsApp, UdpAddress pbx)
    {
        while (phone.TryReceive(_buffer, out var length, out _))
            if (length == HeaderSize + 160 || options.IsPassThrough)
                Delivered++;
        while (user.TryReceive(_buffer, out var length, out _))
            if (_fromBridge.TryUnprotect(_buffer.AsSpan(0, length), out _))
                Delivered++;
        Send(user, speech.Of(options.UserCodec, call, frame), frame, whatsApp, _toBridge);
        Send(phone, speech.Of(options.PhoneCodec, call, frame), frame, pbx, null);
    }

    private void Send(UdpSocket socket, ReadOnlySpan<byte> payload, int frame, UdpAddress remote, BareSrtp? srtp)
    {
        BareCall.WriteHeader(_buffer, (ushort)frame);
        payload.CopyTo(_buffer.AsSpan(HeaderSize));
        var length = HeaderSize + payload.Length;
        socket.Send(_buffer.AsSpan(0, srtp?.Protect(_buffer, length) ?? length), remote);
    }
}
