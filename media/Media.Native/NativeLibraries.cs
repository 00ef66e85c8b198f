using System.Runtime.InteropServices;
using Media.Native.Crypto;
using Media.Native.Dtls;
using Media.Native.Opus;

namespace Media.Native;

/// <summary>The result of the start-up check of the native libraries.</summary>
/// <param name="OpusVersion">Such as <c>libopus 1.3.1</c>; empty when it could not be loaded.</param>
/// <param name="OpenSslVersion">Such as <c>OpenSSL 3.0.19 27 Jan 2026</c>; empty when it could not be loaded.</param>
/// <param name="Error">Null when everything works, otherwise a sentence with the remedy.</param>
public sealed record NativeLibrariesReport(string OpusVersion, string OpenSslVersion, string? Error)
{
    public bool IsOk => Error is null;
}

/// <summary>The native libraries: loaded, checked for their version and run on known answers before the first call.</summary>
public static class NativeLibraries
{
    private static readonly Version OldestOpus = new(1, 3);
    private const ulong OldestOpenSsl = 0x3000_0000; // 3.0.0 as OPENSSL_VERSION_NUMBER

    private static readonly (string Library, string Package)[] Required =
    [
        (LibOpus.Name, "libopus0"),
        (LibCrypto.Name, "libssl3 (libssl3t64 from Debian 13 on)"),
        (LibSsl.Name, "libssl3 (libssl3t64 from Debian 13 on)"),
    ];

    /// <summary>Checks everything; a fraction of a second, once at start. Never throws.</summary>
    public static NativeLibrariesReport SelfTest()
    {
        if (FindMissing(Required) is { } missing)
            return new("", "", missing);
        var opus = GetOpusVersion();
        var openSsl = GetOpenSslVersion();
        try
        {
            return new(opus, openSsl, CheckVersions(opus, LibCrypto.GetVersionNumber()) ?? KnownAnswers.Check());
        }
        catch (Exception e) when (e is NativeException or EntryPointNotFoundException)
        {
            return new(opus, openSsl, $"The native libraries do not work together: {e.Message}");
        }
    }

    internal static string? FindMissing(IEnumerable<(string Library, string Package)> required)
    {
        foreach (var (library, package) in required)
            if (!NativeLibrary.TryLoad(library, typeof(NativeLibraries).Assembly, null, out _))
                return $"{library} cannot be loaded; install the package {package}.";
        return null;
    }

    /// <param name="opus">Such as <c>libopus 1.3.1</c> or <c>libopus 1.5.2-fixed</c>.</param>
    /// <param name="openSsl">OPENSSL_VERSION_NUMBER: 0xMNN00PP0.</param>
    internal static string? CheckVersions(string opus, ulong openSsl)
    {
        var number = opus.Split(' ', '-') is [_, var text, ..] ? text : "";
        if (!Version.TryParse(number, out var version) || version < OldestOpus)
            return $"libopus {OldestOpus} or later is needed (package libopus0), but this is '{opus}'.";
        return openSsl < OldestOpenSsl
            ? $"OpenSSL 3.0 or later is needed (package libssl3), but this is version number 0x{openSsl:x8}."
            : null;
    }

    private static unsafe string GetOpusVersion() => Marshal.PtrToStringUTF8((nint)LibOpus.GetVersion()) ?? "";

    private static unsafe string GetOpenSslVersion() => Marshal.PtrToStringUTF8((nint)LibCrypto.GetVersion(0)) ?? "";
}
