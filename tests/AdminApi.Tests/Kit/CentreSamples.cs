using System.Buffers.Binary;
using System.Net.Http.Headers;
using Gateway.Calls;
using Gateway.Storage.Calls;

namespace AdminApi.Tests.Kit;

/// <summary>Creates the agents, groups, flows, audio files and messages that tests need, through the API where it can.</summary>
public static class CentreSamples
{
    public static string Name(string kind) => $"{kind}-{Guid.NewGuid():n}"[..20];

    public static async Task<string> GroupAsync(ApiFixture api)
    {
        var id = Name("g");
        await api.ReadAsync(api.Post("/v1/groups", new { id, name = "Sales", wrapUpSeconds = 10, answerWithinSeconds = 20 }));
        return id;
    }

    public static async Task<string> AgentAsync(ApiFixture api, params string[] groups)
    {
        var id = Name("a");
        await api.ReadAsync(api.Post("/v1/agents", Agent(id, groups)));
        return id;
    }

    public static object Agent(string id, params string[] groups) => new
    {
        id,
        name = "Anna",
        groups = groups.Select(group => new { group, skill = 50, order = 1 }).ToArray(),
        phones = new object[]
        {
            new { kind = "extension", trunk = "main", number = id, watched = true }, new { kind = "registered", user = "web-" + id },
        },
        channel = (string?)null,
    };

    /// <summary>Waits in the group's queue, and refuses then.</summary>
    public static object Flow(string group, string? music = null) => new
    {
        name = "Inbound",
        start = "queue",
        steps = new Dictionary<string, object>
        {
            ["queue"] = new { kind = "queue", group, next = "end", music, maxWaitSeconds = 60 },
            ["end"] = new { kind = "refuse", reason = "no_answer" },
        },
        language = "en",
        languages = new Dictionary<string, string> { ["DE"] = "de" },
    };

    public static async Task<string> FlowAsync(ApiFixture api, string? group = null, string? music = null)
    {
        var id = Name("f");
        await api.ReadAsync(api.Post("/v1/flows", With(id, Flow(group ?? await GroupAsync(api), music))));
        return id;
    }

    /// <summary>A body of the kind without id, with one.</summary>
    public static Dictionary<string, object?> With(string id, object body) =>
        body.GetType().GetProperties().ToDictionary(property => property.Name, property => property.GetValue(body))
            .Where(member => member.Key != "id").Append(new("id", id)).ToDictionary();

    public static HttpRequestMessage Upload(ApiFixture api, string name, byte[] file, long version = 0, string language = "en")
    {
        var request = api.Put($"/v1/audio/{name}/{language}", null, version);
        request.Content = new ByteArrayContent(file);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("audio/wav");
        return request;
    }

    public static async Task<string> AudioAsync(ApiFixture api)
    {
        var name = Name("s");
        await api.ReadAsync(Upload(api, name, Tone(16000, 16000)));
        return name;
    }

    /// <summary>A WAV file of a tone of 440 Hz, 16 bits, mono.</summary>
    public static byte[] Tone(int rate, int samples)
    {
        var file = new byte[44 + samples * 2];
        "RIFF    WAVEfmt "u8.CopyTo(file);
        Write(4, file.Length - 8);
        Write(16, 16);
        Write(20, 1 | 1 << 16);
        Write(24, rate);
        Write(28, rate * 2);
        Write(32, 2 | 16 << 16);
        "data"u8.CopyTo(file.AsSpan(36));
        Write(40, samples * 2);
        for (var i = 0; i < samples; i++)
            BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(44 + 2 * i), (short)(8000 * Math.Sin(2 * Math.PI * 440 * i / rate)));
        return file;

        void Write(int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(at), value);
    }

    /// <summary>A message of a group, with or without its file.</summary>
    public static async Task<string> VoicemailAsync(ApiFixture api, string? group = null, byte[]? audio = null, string? path = null)
    {
        var id = Guid.NewGuid().ToString("n");
        path ??= id + ".wav";
        if (audio is not null)
            await File.WriteAllBytesAsync(Path.Combine(api.Recordings, path), audio);
        await new VoicemailStore(api.Database).LeaveAsync(
            new Voicemail(
                id, new CallId(id), new ChannelId("100"), new WhatsAppUser("15550001"), group is null ? null : new GroupId(group), "n1",
                path, TimeSpan.FromSeconds(3), DateTimeOffset.UtcNow), CancellationToken.None);
        return id;
    }
}
