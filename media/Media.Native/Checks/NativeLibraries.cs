using System.Runtime.InteropServices;
using Media.Native.Crypto;
using Media.Native.Dtls;
using Media.Native.Opus;

namespace Media.Native.Checks;

/// <summary>The findings of the start-up check of one native library.</summary>
/// <param name="Version">Such as <c>libopus 1.3.1</c> or <c>OpenSSL 3.0.19 27 Jan 2026</c>; empty when it could not be loaded.</param>
/// <param name="Error">Null when it works, else a sentence that says what to do.</param>
public sealed record NativeLibraryReport(string Version, string? Error)
{
    public bool IsOk => Error is null;
}

/// <summary>
/// The libraries that calls stand on: loaded, checked for age and tried on known answers before the first call. Nothing here throws.
/// </summary>
public static class NativeLibraries
{
    private static readonly Version OldestOpus = new(1, 3);
    private const ulong OldestOpenSsl = 0x3000_0000; // 3.0.0 as OPENSSL_VERSION_NUMBER

    private const string OpusPackage = "libopus0";
    private const string OpenSslPackage = "libssl3 (libssl3t64 from Debian 13 on)";

    /// <summary>libopus, which a call can do without; some milliseconds, once at start.</summary>
    public static NativeLibraryReport CheckOpus() =>
        FindMissing([(LibOpus.Name, OpusPackage)]) is { } missing
            ? new("", missing)
            : Try(GetOpusVersion(), version => CheckOpusVersion(version) ?? KnownAnswers.CheckOpus());

    /// <summary>OpenSSL, which no call can do without; a fraction of a second, once at start.</summary>
    public static NativeLibraryReport CheckOpenSsl(TimeProvider time) =>
        FindMissing([(LibCrypto.Name, OpenSslPackage), (LibSsl.Name, OpenSslPackage)]) is { } missing
            ? new("", missing)
            : Try(GetOpenSslVersion(), _ => CheckOpenSslVersion(LibCrypto.GetVersionNumber()) ?? KnownAnswers.CheckOpenSsl(time));

    internal static string? FindMissing(IEnumerable<(string Library, string Package)> required)
    {
        foreach (var (library, package) in required)
            if (!NativeLibrary.TryLoad(library, typeof(NativeLibraries).Assembly, null, out _))
                return $"{library} cannot be loaded; install the package {package}.";
        return null;
    }

    /// <param name="opus">Such as <c>libopus 1.3.1</c> or <c>libopus 1.5.2-fixed</c>.</param>
    internal static string? CheckOpusVersion(string opus)
    {
        var number = opus.Split(' ', '-') is [_, var text, ..] ? text : "";
        return Version.TryParse(number, out var version) && version >= OldestOpus
            ? null
            : $"libopus {OldestOpus} or later is needed (package {OpusPackage}), but this is '{opus}'.";
    }

    /// <param name="openSsl">OPENSSL_VERSION_NUMBER: 0xMNN00PP0.</param>
    internal static string? CheckOpenSslVersion(ulong openSsl) =>
        openSsl >= OldestOpenSsl ? null : $"OpenSSL 3.0 or later is needed (package libssl3), but this is version number 0x{openSsl:x8}.";

    private static NativeLibraryReport Try(string version, Func<string, string?> check)
    {
        try
        {
            return new(version, check(version));
        }
        catch (Exception e) when (e is NativeException or EntryPointNotFoundException)
        {
            return new(version, $"{version} does not work with this gateway: {e.Message}");
        }
    }

    private static unsafe string GetOpusVersion() => Marshal.PtrToStringUTF8((nint)LibOpus.GetVersion()) ?? "";

    private static unsafe string GetOpenSslVersion() => Marshal.PtrToStringUTF8((nint)LibCrypto.GetVersion(0)) ?? "";
}
