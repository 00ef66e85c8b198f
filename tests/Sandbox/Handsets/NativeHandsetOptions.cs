using System.Net;

namespace Sandbox.Handsets;

/// <summary>The behaviour of a native handset.</summary>
public sealed record NativeHandsetOptions
{
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>0: chosen by the system.</summary>
    public int Port { get; init; }

    /// <summary>The tone it sends initially.</summary>
    public double Hertz { get; init; } = 1000;

    /// <summary>Also offers and accepts PCMU, and prefers it, as a number with `audio.additional_codecs` does.</summary>
    public bool Pcmu { get; init; }

    /// <summary>Every n-th packet it sends is lost on the way; 0: none.</summary>
    public int LoseEvery { get; init; }

    /// <summary>Of its Opus encoder, 0 … 10. A tone needs none; a load test needs the processor elsewhere.</summary>
    public int Complexity { get; init; }

    /// <summary>A full ICE agent, as a browser is, instead of a lite one, as WhatsApp's relay is.</summary>
    public bool FullIce { get; init; }

    /// <summary>The number of first connectivity checks that are answered with an error.</summary>
    public int RefuseChecks { get; init; }

    /// <summary>True to be the DTLS client where the choice is ours (WhatsApp is the server).</summary>
    public bool DtlsClient { get; init; }

    /// <summary>The fingerprint to announce instead of the true one.</summary>
    public string? FalseFingerprint { get; init; }
}
