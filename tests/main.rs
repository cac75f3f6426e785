mod pki_samples;
