using System.Buffers.Binary;
using Media.Engine.Bridge;

namespace Media.Engine.Loop;

/// <summary>
/// Samples from a loop to a WAV file that another thread writes. Between them lies a ring of a few seconds: the loop puts samples there
/// without a lock, a wait or an allocation, and ends the recording when there is no room. Where the stream can seek, the sizes in the
/// header are never further behind than <see cref="HeaderAfter"/>, so that what a crash leaves can be read.
/// </summary>
internal sealed class RecordingWriter : IRecordingSink
{
    private const int RingSeconds = 4;

    /// <summary>The writer's pause when it has written all there is.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan HeaderAfter = TimeSpan.FromSeconds(2);

    private readonly Stream _stream;
    private readonly int _rate;
    private readonly TimeProvider _time;
    private readonly Action<RecordingEnd, TimeSpan> _onEnded;
    private readonly TaskCompletionSource<RecordingEnd> _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly short[] _ring;
    private readonly byte[] _bytes = new byte[16 * 1024];
    private long _put;     // samples that the loop has put there,
    private long _visible; // of these the writer sees,
    private long _taken;   // has taken
    private long _written; // and has written
    private int _isReported;
    private volatile bool _hasFailed;

    /// <param name="stream">The file; disposed at the end.</param>
    /// <param name="rate">Samples per second.</param>
    /// <param name="time">For the pauses of the writer.</param>
    /// <param name="onEnded">Called once, on any thread: when the file is complete, or no longer waited for.</param>
    public RecordingWriter(Stream stream, int rate, TimeProvider time, Action<RecordingEnd, TimeSpan> onEnded)
    {
        (_stream, _rate, _time, _onEnded, _ring) = (stream, rate, time, onEnded, new short[rate * RingSeconds]);
        Done = Task.Run(RunAsync);
    }

    /// <summary>The file is closed. Never faulted.</summary>
    public Task Done { get; }

    public bool TryWrite(ReadOnlySpan<short> samples)
    {
        if (_hasFailed || samples.Length > _ring.Length - (_put - Volatile.Read(ref _taken)))
            return false;
        foreach (var sample in samples)
            _ring[_put++ % _ring.Length] = sample;
        Volatile.Write(ref _visible, _put);
        return true;
    }

    public void Complete(RecordingEnd reason)
    {
        _completed.TrySetResult(reason);
        if (reason == RecordingEnd.WriterTooSlow && !_hasFailed)
            GiveUp(); // it may stand still for ever
    }

    /// <summary>The file is not waited for any longer.</summary>
    public void GiveUp() => Report(RecordingEnd.WriterTooSlow);

    private async Task RunAsync()
    {
        var reason = RecordingEnd.WriterFailed;
        try
        {
            await using (_stream)
                reason = await WriteAsync();
        }
        catch (Exception) // of a stream that is not ours: a disk that is full, a connection that is cut
        {
            _hasFailed = true;
            reason = RecordingEnd.WriterFailed;
        }
        Report(reason);
    }

    private async Task<RecordingEnd> WriteAsync()
    {
        await WriteHeaderAsync(isFirst: true);
        var (isLast, headerAt) = (false, _time.GetTimestamp());
        while (!isLast)
        {
            isLast = _completed.Task.IsCompleted; // before the samples are looked at: none follow then
            await DrainAsync();
            if (isLast || _time.GetElapsedTime(headerAt) >= HeaderAfter)
            {
                await WriteHeaderAsync(isFirst: false);
                await _stream.FlushAsync();
                headerAt = _time.GetTimestamp();
            }
            if (!isLast)
                await Task.WhenAny(_completed.Task, Task.Delay(Pause, _time));
        }
        return await _completed.Task;
    }

    private async Task DrainAsync()
    {
        for (var end = Volatile.Read(ref _visible); _taken < end;)
        {
            var count = (int)Math.Min(end - _taken, _bytes.Length / 2);
            for (var i = 0; i < count; i++)
                BinaryPrimitives.WriteInt16LittleEndian(_bytes.AsSpan(2 * i), _ring[(_taken + i) % _ring.Length]);
            await _stream.WriteAsync(_bytes.AsMemory(0, 2 * count));
            Interlocked.Add(ref _written, count);
            Volatile.Write(ref _taken, _taken + count);
        }
    }

    private async Task WriteHeaderAsync(bool isFirst)
    {
        if (!isFirst && !_stream.CanSeek)
            return;
        var header = new byte[WaveHeader.Length];
        WaveHeader.Write(header, _rate, _stream.CanSeek ? (uint)(2 * _written) : uint.MaxValue);
        if (!isFirst)
            _stream.Position = 0;
        await _stream.WriteAsync(header);
        if (!isFirst)
            _stream.Position = _stream.Length;
    }

    private void Report(RecordingEnd reason)
    {
        if (Interlocked.Exchange(ref _isReported, 1) == 0)
            _onEnded(reason, TimeSpan.FromSeconds((double)Interlocked.Read(ref _written) / _rate));
    }
}
