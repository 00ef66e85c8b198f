using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Gateway.Worker.Calls;
using Gateway.Worker.Nodes;
using Gateway.Worker.Tests.Calls.Bench;
using Testing;

namespace Gateway.Worker.Tests.Nodes;

/// <summary>A live call as a node of an older version leaves it.</summary>
[Collection(StoresCollection.Name)]
public sealed class SavedCallTests(Stores stores)
{
    private static readonly JsonSerializerOptions ByReflection = new(SavedCallContext.Default.Options)
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(), Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>Also what no version writes, such as an id without its text.</summary>
    private static readonly JsonSerializerOptions AsItIs = new(ByReflection) { RespectNullableAnnotations = false };

    /// <summary>A reader by reflection keeps the initial values of what the text lacks; so must the one that was generated.</summary>
    [Fact]
    public async Task What_an_older_version_did_not_save_has_its_initial_value()
    {
        await using var bench = await CallBench.StartAsync(stores);
        var calls = bench.Gateway.Service<CallSupervisor>();
        await bench.WhatsApp.PlaceAsync(bench.WhatsApp.User(handset: "native"));
        var phone = await bench.Pbx.NextAsync();
        await phone.AnswerAsync();
        var saved = await Eventually.SeeAsync(() => calls.SaveAsync(_ => true), all => all.Count == 1, "it can be saved");

        var usable = 0;
        foreach (var (missing, json) in OlderJson.Of(saved[0].ToJson()))
        {
            var read = SavedCall.Read(json);
            Assert.Equal((missing, Text(Read(json))), (missing, Text(read)));
            usable += read is null ? 0 : 1;
        }
        Assert.True(usable > 3, $"{usable}");
        await phone.HangUpAsync();
    }

    private static SavedCall? Read(byte[] json)
    {
        try
        {
            return JsonSerializer.Deserialize<SavedCall>(json, ByReflection);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Text(SavedCall? saved) => saved is null ? null : JsonSerializer.Serialize(saved, AsItIs);
}
