using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Audio;
using Gateway.Calls.Flows;
using Gateway.Storage.Directory;
using Media.Protocols.Primitives;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Flows;

/// <summary>The audio files that callers hear, by name and language.</summary>
public static class AudioApi
{
    private const int MaxFile = 16 * 1024 * 1024, Rate = 16000, HeaderBytes = 44;
    private const string Wave = "audio/wav";
    private const string NameText = "The name that flows give.", LanguageText = "BCP 47, such as en or pt-BR.";

    private static readonly ProblemKind NotAudio = new(422, "not_audio", "The file is no audio that can be used");

    public static void MapAudio(this IEndpointRouteBuilder api)
    {
        var audio = api.MapGroup("/audio").WithTags("flows");
        audio.MapGet("/", ListAsync).WithName("listAudio").Requires(Scope.Read).Paged().WithSummary("Audio files by name and language");
        audio.MapGet("/{name}/{language}", DownloadAsync).WithName("downloadAudio").Requires(Scope.Read).Problems(Problems.NotFound)
            .WithSummary("An audio file as callers hear it: WAV, 16 bits, mono, 16 kHz").Produces<string>(StatusCodes.Status200OK, Wave);
        audio.MapPut("/{name}/{language}", UploadAsync).WithName("uploadAudio").Requires(Scope.Admin).WithIfMatch().BodyLimit(MaxFile)
            .Accepts<string>(Wave, "audio/x-wav", "audio/wave", "audio/vnd.wave").Problems(NotAudio)
            .WithSummary("Adds an audio file (If-Match: \"0\"), or replaces one")
            .WithDescription(
                "WAV of linear PCM, floating point, A-law or µ-law; mono or stereo, 8 to 192 kHz; up to 10 minutes and 16 MB. It is kept " +
                "at 8 and at 16 kHz.");
        audio.MapDelete("/{name}/{language}", DeleteAsync).WithName("deleteAudio").Requires(Scope.Admin).WithIfMatch()
            .Problems(Problems.NotFound, StoreProblems.InUse)
            .WithSummary("Deletes an audio file whose name no flow has");
    }

    /// <param name="Name">The name that flows give.</param>
    /// <param name="Language">BCP 47.</param>
    /// <param name="Size">Of the file that was uploaded, in bytes.</param>
    /// <param name="Checksum">SHA-256 of the file that was uploaded.</param>
    /// <param name="Version">The value for If-Match, in quotes.</param>
    public sealed record AudioView(
        string Name, string Language, double DurationSeconds, int Size, string Checksum, DateTimeOffset UploadedAt, string UploadedBy,
        long Version) : IVersioned
    {
        public static AudioView Of(AudioFile file) => new(
            file.Name, file.Language, file.DurationMs / 1000.0, file.Size, file.Checksum, file.UploadedAt, file.UploadedBy, file.Version);
    }

    private static async Task<Results<Ok<Page<AudioView>>, ProblemResult>> ListAsync(
        AudioStore store, [AsParameters] PageRequest page, CancellationToken cancellation)
    {
        if (!Cursor.TryRead(page.Cursor, out string? after) || (after is not null && after.Split('/').Length != 2))
            return Cursor.Problem();
        var rows = await store.ListAsync(
            page.Rows, after?.Split('/') is [var name, var language] ? (name, language) : null, cancellation);
        return TypedResults.Ok(Page.Of(rows, page, AudioView.Of, file => Cursor.Of($"{file.Name}/{file.Language}")));
    }

    private static async Task<Results<FileContentHttpResult, ProblemResult>> DownloadAsync(
        [Description(NameText)] string name, [Description(LanguageText)] string language, AudioStore store,
        CancellationToken cancellation) =>
        await store.SamplesAsync(name, language, Rate, cancellation) is { } samples
            ? TypedResults.File(WaveOf(samples), Wave, $"{name}.{language}.wav")
            : Problems.NotFound.Of($"There is no audio file '{name}' in '{language}'.");

    private static async Task<Results<Ok<AudioView>, ProblemResult>> UploadAsync(
        [Description(NameText)] string name, [Description(LanguageText)] string language, Stream body, IfMatch match, AudioStore store,
        Caller caller, CancellationToken cancellation)
    {
        var check = new Check();
        check.That(NameRules.IsName(name), "name", $"Must be {NameRules.Text}.");
        check.That(FlowRules.IsLanguage(language), "language", "Must be BCP 47, such as en or pt-BR.");
        if (check.Failed(out var problem))
            return problem;
        using var file = new MemoryStream();
        await body.CopyToAsync(file, cancellation);
        var bytes = file.GetBuffer().AsMemory(0, (int)file.Length);
        if (!WaveFile.TryRead(bytes.Span, WaveLimits.Default, out var sound, out var fault))
            return NotAudio.Of($"{WireName.Of(fault)}.", [new FieldError("$", WireName.Of(fault))]);
        var upload = new AudioUpload(
            name, language, sound.ToPcm(8000), sound.ToPcm(Rate), bytes.Length, SHA256.HashData(bytes.Span));
        var outcome = await store.SaveAsync(upload, match.Version, caller.Actor, cancellation);
        return outcome.Value is { } saved ? TypedResults.Ok(AudioView.Of(saved)) : outcome.Problem();
    }

    private static async Task<Results<NoContent, ProblemResult>> DeleteAsync(
        [Description(NameText)] string name, [Description(LanguageText)] string language, IfMatch match, AudioStore store, Caller caller,
        CancellationToken cancellation)
    {
        var outcome = await store.DeleteAsync(name, language, match.Version, caller.Actor, cancellation);
        return outcome.Value is not null ? TypedResults.NoContent() : outcome.Problem();
    }

    /// <summary>A RIFF/WAVE file: the header of linear PCM, and the samples.</summary>
    private static byte[] WaveOf(short[] samples)
    {
        var file = new byte[HeaderBytes + samples.Length * 2];
        "RIFF"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(4), file.Length - 8);
        "WAVEfmt "u8.CopyTo(file.AsSpan(8));
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(16), 16);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(20), 1 | 1 << 16); // linear PCM, one channel
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(24), Rate);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(28), Rate * 2);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(32), 2 | 16 << 16); // bytes of a frame, bits of a sample
        "data"u8.CopyTo(file.AsSpan(36));
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(40), samples.Length * 2);
        MemoryMarshal.AsBytes(samples.AsSpan()).CopyTo(file.AsSpan(HeaderBytes));
        return file;
    }
}
