using System.Runtime.Versioning;
using Gateway.Calls;
using Gateway.Calls.Records;
using Gateway.Worker.Spool;

namespace Gateway.Worker.Tests.Spool;

[SupportedOSPlatform("linux")] // file modes
public sealed class SpoolFolderTests : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("gateway-spool-").FullName;

    public void Dispose() => Directory.Delete(_path, recursive: true);

    [Fact]
    public void What_was_written_is_read_back_whole()
    {
        var record = Records.One() with
        {
            WhatsAppError = new WhatsAppError(138021, "Media receive timeout", "détails\n"),
            WhatsAppQuality = new LegQuality(100, 2, 3.25, null, 4.1),
            AnsweredAt = Records.Start + TimeSpan.FromSeconds(2.5),
        };
        using var folder = new SpoolFolder(_path);
        var name = Write(folder, record);

        Assert.Equal([name], folder.List());
        Assert.Equal(((object)record, null), folder.Read(name));
        Assert.Equal(record.EndedAt, SpoolFile.TimeOf(name));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_path, name)));
    }

    [Fact]
    public void Lists_the_oldest_first_whatever_their_order_of_writing()
    {
        using var folder = new SpoolFolder(_path);
        var late = Write(folder, Records.One(endsAfter: 30));
        var early = Write(folder, Records.One(endsAfter: 10));
        Assert.Equal([early, late], folder.List());
    }

    [Fact]
    public void Any_cut_and_any_changed_byte_is_seen()
    {
        var whole = SpoolFile.Encode(Records.One());
        for (var length = 0; length < whole.Length; length++)
            Assert.NotNull(SpoolFile.Decode(whole.AsSpan(0, length)).Fault);
        for (var i = 0; i < whole.Length; i++)
        {
            whole[i] ^= 0x10;
            Assert.NotNull(SpoolFile.Decode(whole).Fault);
            whole[i] ^= 0x10;
        }
    }

    [Fact]
    public void A_file_that_was_never_finished_goes_at_the_next_start_and_the_others_stay()
    {
        string name;
        using (var folder = new SpoolFolder(_path))
            name = Write(folder, Records.One());
        File.WriteAllText(Path.Combine(_path, "20260101T0000000000000-x.record.part"), "half");
        using var again = new SpoolFolder(_path);
        Assert.Equal([name], again.List());
        Assert.Empty(Directory.GetFiles(_path, "*.part"));
    }

    [Fact]
    public void Two_processes_cannot_have_the_same_folder()
    {
        using var folder = new SpoolFolder(_path);
        Assert.Throws<IOException>(() => new SpoolFolder(_path));
    }

    private static string Write(SpoolFolder folder, CallRecord record)
    {
        var name = SpoolFile.NameOf(record);
        folder.Write(name, SpoolFile.Encode(record));
        return name;
    }
}
