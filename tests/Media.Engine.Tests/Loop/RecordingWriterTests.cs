using Media.Engine.Loop;
using Testing;
using Testing.Peers;

namespace Media.Engine.Tests.Loop;

public sealed class RecordingWriterTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();
    private readonly TaskCompletionSource<(RecordingEnd Reason, TimeSpan Duration)> _ended = new();

    [Fact]
    public async Task Samples_become_a_file_whose_header_names_its_length()
    {
        var writer = Begin(File.Create(_path), 8000);
        var samples = Samples(8000, 5);
        foreach (var packet in samples.Chunk(160))
            while (!writer.TryWrite(packet)) // faster than they would come
                await Task.Yield();
        writer.Complete(RecordingEnd.Key);
        Assert.Equal((RecordingEnd.Key, TimeSpan.FromSeconds(5)), await Ended());
        await writer.Done;
        Assert.Equal(samples, WaveFile.Read(_path));
        var bytes = await File.ReadAllBytesAsync(_path);
        Assert.Equal(bytes.Length - 44, BitConverter.ToInt32(bytes, 40));
        Assert.Equal(bytes.Length - 8, BitConverter.ToInt32(bytes, 4));
    }

    [Fact]
    public async Task The_header_names_what_is_there_while_the_file_still_grows()
    {
        var time = new SteppedTime();
        var stream = new Watched();
        var writer = new RecordingWriter(stream, 8000, time, Report);
        Assert.True(writer.TryWrite(Samples(8000, 1)));
        for (var turn = 0; turn < 60 && !stream.Named.IsCompleted; turn++)
        {
            time.Pass(TimeSpan.FromSeconds(3)); // at each turn of the writer
            await Task.WhenAny(stream.Named, Task.Delay(300));
        }
        Assert.True(stream.Named.IsCompleted);
        Assert.False(_ended.Task.IsCompleted);
        writer.Complete(RecordingEnd.Stopped);
        await writer.Done;
    }

    [Fact]
    public async Task A_disk_that_is_full_is_the_reason()
    {
        var writer = Begin(new Broken(), 8000);
        await writer.Done;
        Assert.Equal(RecordingEnd.WriterFailed, (await Ended()).Reason);
        Assert.False(writer.TryWrite(new short[160]));
        writer.Complete(RecordingEnd.WriterTooSlow);
        Assert.Equal(RecordingEnd.WriterFailed, (await Ended()).Reason);
    }

    [Fact]
    public async Task A_disk_that_stands_still_holds_nobody_up()
    {
        var writer = Begin(new Standing(), 8000);
        var packets = 0;
        while (writer.TryWrite(new short[160]))
            Assert.InRange(++packets, 0, 200); // four seconds
        Assert.Equal(200, packets);
        writer.Complete(RecordingEnd.WriterTooSlow);
        Assert.Equal(RecordingEnd.WriterTooSlow, (await Ended()).Reason);
        Assert.False(writer.Done.IsCompleted);
    }

    [Fact]
    public async Task A_stream_that_cannot_seek_says_that_its_length_is_unknown()
    {
        var stream = new Forward();
        var writer = Begin(stream, 16000);
        writer.TryWrite(new short[320]);
        writer.Complete(RecordingEnd.Length);
        await writer.Done;
        var bytes = stream.Inner.ToArray();
        Assert.Equal((44 + 640, uint.MaxValue), (bytes.Length, BitConverter.ToUInt32(bytes, 40)));
    }

    [Fact]
    public void A_sample_that_is_put_there_allocates_nothing()
    {
        var writer = Begin(new Standing(), 16000);
        var packet = new short[320];
        writer.TryWrite(packet);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var n = 0; n < 50; n++)
            writer.TryWrite(packet);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    public void Dispose() => File.Delete(_path);

    private static short[] Samples(int rate, int seconds)
    {
        var samples = new short[rate * seconds];
        new ToneGenerator(440, rate).Fill(samples);
        return samples;
    }

    private Task<(RecordingEnd Reason, TimeSpan Duration)> Ended() => _ended.Task.WaitAsync(TimeSpan.FromSeconds(20));

    private RecordingWriter Begin(Stream stream, int rate) => new(stream, rate, TimeProvider.System, Report);

    private void Report(RecordingEnd reason, TimeSpan duration) => _ended.SetResult((reason, duration));

    private sealed class Watched : MemoryStream
    {
        private readonly TaskCompletionSource _named = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>The header has named a second's samples.</summary>
        public Task Named => _named.Task;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Position == 0 && BitConverter.ToInt32(buffer.Span[40..44]) == 16000)
                _named.TrySetResult();
            return base.WriteAsync(buffer, cancellationToken);
        }
    }

    private sealed class Broken : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new IOException("No space left on device");
    }

    private sealed class Standing : MemoryStream
    {
        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            await new TaskCompletionSource().Task;
    }

    private sealed class Forward : MemoryStream
    {
        public MemoryStream Inner { get; } = new();

        public override bool CanSeek => false;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            Inner.WriteAsync(buffer, cancellationToken);
    }
}
