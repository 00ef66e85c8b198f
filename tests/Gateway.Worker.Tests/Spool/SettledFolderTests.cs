using Gateway.Worker.Spool;

namespace Gateway.Worker.Tests.Spool;

public sealed class SettledFolderTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2030, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private readonly string _path = Directory.CreateTempSubdirectory("gateway-settled-").FullName;

    private SettledFolder Folder => new(_path);

    public void Dispose() => Directory.Delete(_path, recursive: true);

    [Fact]
    public void Records_are_kept_by_day_and_listed_from_a_time_on()
    {
        foreach (var hours in new[] { 30, 0, -30 })
            Take(Noon.AddHours(hours));
        Assert.Equal([Name(Noon), Name(Noon.AddHours(30))], Folder.Since(Noon).Select(Path.GetFileName));
        Assert.Equal(3, Folder.Since(Noon.AddDays(-9)).Count());
        Assert.Empty(Folder.Since(Noon.AddDays(9)));
    }

    [Fact]
    public void A_day_is_dropped_when_all_of_it_is_too_old()
    {
        Take(Noon);
        Folder.DropBefore(Noon.AddHours(11));
        Assert.Single(Folder.Since(DateTimeOffset.MinValue));
        Folder.DropBefore(Noon.AddHours(12));
        Assert.Empty(Folder.Since(DateTimeOffset.MinValue));
    }

    private static string Name(DateTimeOffset ended) =>
        SpoolFile.NameOf(Records.One() with { Id = new Gateway.Calls.CallId("c"), EndedAt = ended });

    private void Take(DateTimeOffset ended)
    {
        var path = Path.Combine(_path, Name(ended));
        File.WriteAllText(path, "");
        Folder.Take(path);
    }
}
