using System.Buffers.Binary;
using Media.Engine.Codecs;
using Media.Native.Net;
using Media.Native.Opus;

namespace Benchmarks;

/// <summary>One call's native objects, and the straight line of native calls that carries a packet each way.</summary>
internal sealed class BareCall(CostOptions options, UdpSocket whatsApp, UdpSocket pbx, UdpAddress user, UdpAddress phone)
{
    private const int HeaderSize = 12;
    private const int FrameSize = 160;

    private readonly OpusDecoder _decoder = new();
    private readonly OpusEncoder _encoder = new(new OpusEncoderOptions
    {
        Bitrate = options.Bitrate,
        Complexity = options.Complexity,
        MaxBandwidth = OpusBandwidth.Narrowband,
    });
    private readonly BareSrtp _fromUser = new(options.Profile, seed: 1);
    private readonly BareSrtp _toUser = new(options.Profile, seed: 2);
    private readonly short[] _pcm = new short[FrameSize];
    private readonly byte[] _packet = new byte[1500];
    private ushort _toPhoneSequence;
    private ushort _toUserSequence;

    public UdpSocket Pbx => pbx;

    public UdpAddress User => user;

    /// <summary>SRTP from the user: authenticate, decrypt, decode, compand, send; between equal codecs only what is not codec.</summary>
    public void TowardsPbx(Span<byte> packet)
    {
        if (!_fromUser.TryUnprotect(packet, out var length))
            return;
        if (options.IsPassThrough)
        {
            WriteHeader(packet, ++_toPhoneSequence);
            pbx.Send(packet[..length], phone);
            return;
        }
        if (_decoder.Decode(packet[HeaderSize..length], _pcm) is not { Count: FrameSize })
            return;
        WriteHeader(_packet, ++_toPhoneSequence);
        G711.EncodeUlaw(_pcm, _packet.AsSpan(HeaderSize, FrameSize));
        pbx.Send(_packet.AsSpan(0, HeaderSize + FrameSize), phone);
    }

    /// <summary>RTP from the phone: expand, encode, encrypt, sign, send.</summary>
    public void TowardsWhatsApp(Span<byte> packet)
    {
        if (options.IsPassThrough)
        {
            packet.CopyTo(_packet);
            WriteHeader(_packet, ++_toUserSequence);
            whatsApp.Send(_packet.AsSpan(0, _toUser.Protect(_packet, packet.Length)), user);
            return;
        }
        if (packet.Length != HeaderSize + FrameSize)
            return;
        G711.DecodeUlaw(packet[HeaderSize..], _pcm);
        WriteHeader(_packet, ++_toUserSequence);
        var encoded = _encoder.Encode(_pcm, _packet.AsSpan(HeaderSize, 400));
        whatsApp.Send(_packet.AsSpan(0, _toUser.Protect(_packet, HeaderSize + encoded.Count)), user);
    }

    internal static void WriteHeader(Span<byte> packet, ushort sequence)
    {
        packet[..HeaderSize].Clear();
        packet[0] = 0x80;
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], sequence);
        BinaryPrimitives.WriteUInt32BigEndian(packet[4..], sequence * (uint)FrameSize);
    }
}
