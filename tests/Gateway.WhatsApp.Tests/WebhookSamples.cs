using Gateway.WhatsApp.Webhooks;

namespace Gateway.WhatsApp.Tests;

internal static class WebhookSamples
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "webhooks");

    public static IEnumerable<string> Names => Directory.EnumerateFiles(Folder, "*.json").Select(Path.GetFileNameWithoutExtension)!;

    public static byte[] Body(string name) => File.ReadAllBytes(Path.Combine(Folder, name + ".json"));

    public static WebhookBatch Read(string name)
    {
        Assert.True(WebhookReader.TryRead(Body(name), out var batch, out var error), error.ToString());
        return batch;
    }

    /// <summary>The only event of a sample that must hold nothing else.</summary>
    public static T Single<T>(string name)
        where T : WebhookEvent
    {
        var batch = Read(name);
        Assert.Empty(batch.Skipped);
        return Assert.IsType<T>(Assert.Single(batch.Events));
    }
}
