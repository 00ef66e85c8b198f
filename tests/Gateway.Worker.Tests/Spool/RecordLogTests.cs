using Gateway.Calls;
using Gateway.Worker.Spool;

namespace Gateway.Worker.Tests.Spool;

public sealed class RecordLogTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2030, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private readonly string _path = Directory.CreateTempSubdirectory("gateway-log-").FullName;

    public void Dispose() => Directory.Delete(_path, recursive: true);

    [Fact]
    public void Records_are_kept_by_day_and_read_from_a_time_on()
    {
        using var log = new RecordLog(_path);
        foreach (var hours in new[] { -30, 0, 30 })
            Append(log, Noon.AddHours(hours));
        Assert.Equal([Noon, Noon.AddHours(30)], log.Since(Noon).Select(entry => entry.Record!.EndedAt));
        Assert.Equal(3, log.Since(Noon.AddDays(-9)).Count());
        Assert.Empty(log.Since(Noon.AddDays(9)));
        Assert.Equal(3, Days().Length);
    }

    [Fact]
    public void A_day_is_dropped_when_all_of_it_is_too_old()
    {
        using var log = new RecordLog(_path);
        Append(log, Noon);
        log.DropBefore(Noon.AddHours(11));
        Assert.Single(log.Since(DateTimeOffset.MinValue));
        log.DropBefore(Noon.AddHours(12));
        Assert.Empty(log.Since(DateTimeOffset.MinValue));
        Append(log, Noon);
        Assert.Single(log.Since(DateTimeOffset.MinValue)); // the file is made anew
    }

    [Fact]
    public void An_entry_that_a_dying_process_cut_is_passed_over_wherever_it_was_cut()
    {
        var whole = SpoolFile.Encode(Records.One());
        for (var length = 0; length < whole.Length; length += 7)
        {
            using (var log = new RecordLog(_path))
                Append(log, Noon);
            using (var cut = File.Open(Days().Single(), FileMode.Append))
                cut.Write(whole.AsSpan(0, length));
            using (var next = new RecordLog(_path))
            {
                Append(next, Noon.AddMinutes(1));
                Assert.Equal([Noon, Noon.AddMinutes(1)], next.Since(Noon).Where(e => e.Record is not null).Select(e => e.Record!.EndedAt));
            }
            File.Delete(Days().Single());
        }
    }

    [Fact]
    public void A_changed_byte_is_reported_and_the_others_are_read()
    {
        using (var log = new RecordLog(_path))
        {
            Append(log, Noon);
            Append(log, Noon.AddMinutes(1));
        }
        var bytes = File.ReadAllBytes(Days().Single());
        bytes[200] ^= 0x10;
        File.WriteAllBytes(Days().Single(), bytes);
        using var read = new RecordLog(_path);
        var entries = read.Since(DateTimeOffset.MinValue).ToList();
        Assert.Equal([null, Noon.AddMinutes(1)], entries.Select(entry => entry.Record?.EndedAt));
        Assert.NotNull(entries[0].Fault);
    }

    [Fact]
    public void What_the_process_before_may_not_have_stored_are_the_entries_after_its_last_note()
    {
        using var log = new RecordLog(_path);
        Assert.Empty(log.Unsettled());
        Append(log, Noon);
        log.NoteAllSettled(Noon);
        Assert.Empty(log.Unsettled());
        Append(log, Noon.AddMinutes(1));
        Append(log, Noon.AddMinutes(2));
        Assert.Equal(2, log.Unsettled().Count);
        for (var i = 0; i < 3000; i++)
            Append(log, Noon.AddMinutes(3)); // more than is looked at
        Assert.InRange(log.Unsettled().Count, 500, 2999);
    }

    private string[] Days() => Directory.GetFiles(Path.Combine(_path, "log"));

    private static void Append(RecordLog log, DateTimeOffset ended) =>
        log.Append(SpoolFile.Encode(Records.One() with { Id = new CallId("c"), EndedAt = ended }), ended);
}
