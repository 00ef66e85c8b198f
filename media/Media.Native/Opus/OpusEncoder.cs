namespace Media.Native.Opus;

/// <summary>The encoder of libopus, with its VoIP application. No call allocates managed memory.</summary>
public sealed unsafe class OpusEncoder : IOpusEncoder
{
    private readonly OpusEncoderHandle _handle;

    /// <exception cref="ArgumentOutOfRangeException">A rate other than 8000, 16000 or 48000 Hz.</exception>
    /// <exception cref="NativeException">libopus has no memory or refuses a setting; the message names it.</exception>
    public OpusEncoder(OpusEncoderOptions? options = null)
    {
        options ??= new OpusEncoderOptions();
        OpusRate.ThrowIfUnsupported(options.SampleRate);
        SampleRate = options.SampleRate;
        _handle = LibOpus.CreateEncoder(SampleRate, 1, LibOpus.ApplicationVoip, out var error);
        if (_handle.IsInvalid)
            throw new NativeException($"libopus cannot create an encoder: {(OpusError)error}.");
        Require(LibOpus.SetSignal, LibOpus.SignalVoice, "signal type");
        Require(LibOpus.SetMaxBandwidth, (int)options.MaxBandwidth, nameof(options.MaxBandwidth));
        Require(LibOpus.SetBitrate, options.Bitrate, nameof(options.Bitrate));
        Require(LibOpus.SetComplexity, options.Complexity, nameof(options.Complexity));
        Require(LibOpus.SetInbandFec, options.InbandFec ? 1 : 0, nameof(options.InbandFec));
        Require(LibOpus.SetPacketLossPercent, options.ExpectedLossPercent, nameof(options.ExpectedLossPercent));
        Require(LibOpus.SetDtx, options.Dtx ? 1 : 0, nameof(options.Dtx));
    }

    public int SampleRate { get; }

    public OpusResult Encode(ReadOnlySpan<short> pcm, Span<byte> packet)
    {
        if (pcm.IsEmpty)
            return new(0, OpusError.BadArgument);
        if (packet.IsEmpty)
            return new(0, OpusError.BufferTooSmall);
        fixed (short* samples = pcm)
        fixed (byte* bytes = packet)
            return OpusResult.From(LibOpus.Encode(_handle, samples, pcm.Length, bytes, packet.Length));
    }

    public void SetEffort(int complexity, bool inbandFec)
    {
        _ = LibOpus.ControlEncoder(_handle, LibOpus.SetComplexity, Math.Clamp(complexity, 0, 10));
        _ = LibOpus.ControlEncoder(_handle, LibOpus.SetInbandFec, inbandFec ? 1 : 0);
    }

    public void SetProtection(int expectedLossPercent, int bitrate)
    {
        _ = LibOpus.ControlEncoder(_handle, LibOpus.SetPacketLossPercent, Math.Clamp(expectedLossPercent, 0, 100));
        _ = LibOpus.ControlEncoder(_handle, LibOpus.SetBitrate, Math.Clamp(bitrate, 6000, 128_000));
    }

    /// <summary>Forgets the stream so far; settings stay.</summary>
    public void Reset() => _ = LibOpus.ControlEncoder(_handle, LibOpus.ResetState);

    public void Dispose() => _handle.Dispose();

    private void Require(int request, int value, string setting)
    {
        var error = (OpusError)LibOpus.ControlEncoder(_handle, request, value);
        if (error == OpusError.None)
            return;
        _handle.Dispose();
        throw new NativeException($"libopus refuses {setting} {value}: {error}.");
    }
}
